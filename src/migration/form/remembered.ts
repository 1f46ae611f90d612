import * as v from 'valibot';
import type { Memory } from '../../hypervisor/reconnect.js';
import type { MigrationOptions } from '../start/model.js';
import { readOptions } from '../start/options.js';

/** How a migration between two hosts was started the last time. */
export interface Remembered {
  readonly options: MigrationOptions;
  readonly preset: string | undefined;
  /** The URI and the address, where they were typed and not found. */
  readonly typed: TypedWay | undefined;
}

export interface TypedWay {
  readonly destinationUri: string;
  readonly migrationUri: string;
}

const key = 'migrateChoices';
/** The pairs used last; a fleet of hundreds has tens of thousands. */
const pairLimit = 200;

const entrySchema = v.object({
  pair: v.string(),
  options: v.unknown(),
  preset: v.optional(v.string()),
  typed: v.optional(v.object({ destinationUri: v.string(), migrationUri: v.string() })),
});
type Entry = v.InferOutput<typeof entrySchema>;

/** Remembers the last choice for each pair of hosts, over windows. */
export class RememberedChoices {
  constructor(private readonly memory: Memory) {}

  /**
   * What was chosen last between these. Whether the domain stays defined is not remembered but as in `defaults`: that is the
   * domain's, not the pair's. Undefined where nothing was chosen, or what is kept is no longer understood.
   */
  of(source: string, destination: string, defaults: MigrationOptions): Remembered | undefined {
    const pair = pairOf(source, destination);
    const entry = this.entries().find((candidate) => candidate.pair === pair);
    if (entry === undefined) return undefined;
    const { persistent, undefineSource } = defaults;
    try {
      const options = { ...readOptions(entry.options, defaults), persistent, undefineSource };
      return { options, preset: entry.preset, typed: entry.typed };
    } catch {
      // Of another version: as if nothing had been chosen.
      return undefined;
    }
  }

  async remember(source: string, destination: string, { options, preset, typed }: Remembered): Promise<void> {
    const pair = pairOf(source, destination);
    const others = this.entries().filter((entry) => entry.pair !== pair);
    await this.memory.update(key, [{ pair, options, preset, typed }, ...others].slice(0, pairLimit));
  }

  private entries(): Entry[] {
    const kept = this.memory.get<unknown>(key, []);
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((entry: unknown) => {
      const parsed = v.safeParse(entrySchema, entry);
      return parsed.success ? [parsed.output] : [];
    });
  }
}

/** Names may hold any character. */
function pairOf(source: string, destination: string): string {
  return JSON.stringify([source, destination]);
}
