import type { Storage } from '../../base/storage.js';
import type { StartedMigration, StartState } from './model.js';

/** What is kept of one start. */
export interface StartRecord {
  readonly migration: StartedMigration;
  /** Whether anything was sent that could start it. */
  readonly sent: boolean;
  /** Whether nothing of it is left on its host. */
  readonly cleared: boolean;
  /** Whether somebody was told of its end. */
  readonly told: boolean;
}

const formatVersion = 1;
const suffix = '.jsonl';
/** Ended ones are kept this long: the migration that one began may only be settled when its hosts are back. */
const keptMs = 7 * 86_400_000;

type Fact =
  | { readonly type: 'start'; readonly version: number; readonly migration: StartedMigration }
  | { readonly type: 'sent' | 'cleared' }
  /** `by`: the window that tells its end; of several the first in the file. */
  | { readonly type: 'told'; readonly by?: string }
  | { readonly type: 'state'; readonly state: StartState };

/** Keeps every start on disk, a file each and a JSON line a fact. Other windows read and write the same files. */
export class StartRecords {
  constructor(private readonly storage: Storage) {}

  begin(migration: StartedMigration): Promise<void> {
    return this.append(migration.id, { type: 'start', version: formatVersion, migration });
  }

  note(id: string, type: 'sent' | 'cleared'): Promise<void> {
    return this.append(id, { type });
  }

  /** Whether `window` is the one that tells its end: of all windows that want to, one does. */
  async claimTelling(id: string, window: string): Promise<boolean> {
    await this.append(id, { type: 'told', by: window });
    const facts = factsOf((await this.storage.read(id + suffix)) ?? '');
    const first = facts.find((fact) => fact.type === 'told');
    return first?.type !== 'told' || first.by === window;
  }

  noteState(id: string, state: StartState): Promise<void> {
    return this.append(id, { type: 'state', state });
  }

  /** As the files stand now; undefined where there is no such start. */
  async read(id: string): Promise<StartRecord | undefined> {
    return recordOf((await this.storage.read(id + suffix)) ?? '');
  }

  /** All of them, but for those that are over and long past, which are removed. */
  async all(nowMs: number): Promise<readonly StartRecord[]> {
    const records: StartRecord[] = [];
    for (const id of await this.ids()) {
      const record = await this.read(id);
      if (record === undefined) continue;
      const { migration, cleared, told } = record;
      if (cleared && told && nowMs - migration.startedAtMs > keptMs && isEnded(migration.state)) await this.remove(id);
      else records.push(record);
    }
    return records;
  }

  async ids(): Promise<readonly string[]> {
    return (await this.storage.list())
      .filter((file) => file.endsWith(suffix))
      .map((file) => file.slice(0, -suffix.length));
  }

  remove(id: string): Promise<void> {
    return this.storage.remove(id + suffix);
  }

  private append(id: string, fact: Fact): Promise<void> {
    // On a line of its own, whatever a crash has left before it.
    return this.storage.append(id + suffix, `\n${JSON.stringify(fact)}\n`);
  }
}

export type EndState = Exclude<StartState, { readonly kind: 'starting' | 'running' }>;

export function isEnded(state: StartState): state is EndState {
  return state.kind !== 'starting' && state.kind !== 'running';
}

function recordOf(text: string): StartRecord | undefined {
  let migration: StartedMigration | undefined;
  let state: StartState | undefined;
  const noted = new Set<Fact['type']>();
  for (const fact of factsOf(text)) {
    noted.add(fact.type);
    if (fact.type === 'start') migration ??= fact.migration;
    // Of two windows that find out its end, the first has the host's word.
    if (fact.type === 'state' && (state === undefined || !isEnded(state))) state = fact.state;
  }
  if (migration === undefined) return undefined;
  return {
    migration: { ...migration, state: state ?? migration.state },
    sent: noted.has('sent'),
    cleared: noted.has('cleared'),
    told: noted.has('told'),
  };
}

function factsOf(text: string): readonly Fact[] {
  return text
    .split('\n')
    .map(factOf)
    .filter((fact) => fact !== undefined);
}

/** The extension's own writing, so its shape is trusted; only a line that a crash cut off is not JSON. */
function factOf(line: string): Fact | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as Fact;
  } catch {
    return undefined;
  }
}
