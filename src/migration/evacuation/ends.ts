import { messageOf, UserError } from '../../base/errors.js';
import type { Fleet } from '../../hypervisor/model.js';
import type { Migrations, Outcome } from '../model.js';
import { isSameStart } from '../sameMigration.js';
import { isPostcopyInterrupted } from '../start/interrupted.js';
import type { MigrationStarter, StartedMigration } from '../start/model.js';
import type { EvacuationItem, ItemState } from './model.js';
import type { Waits } from './waits.js';
import { type Whereabouts, whereIs } from './whereabouts.js';

/** Between two looks at a migration of which only the hosts tell. */
const lookMs = 3000;
/** For so many looks a watched migration whose job is gone may still be without an outcome. */
const endLooks = 5;

const interruptedNote =
  'Its post-copy broke off: half of it is on each host, and it stands still until its migration is resumed.';

/** What was said of a migration's end: that it arrived, or why it did not; neither, where nobody told this window. */
interface EndWord {
  readonly arrivedAtMs?: number;
  readonly reason?: string;
  readonly advice?: string | undefined;
}

/** What finding out the ends works with. */
export interface EndParts {
  /** The name of the host that is emptied. */
  readonly source: string;
  readonly starter: MigrationStarter;
  readonly migrations: Migrations;
  readonly fleet: Fleet;
  readonly waits: Waits;
  readonly now: () => number;
  /** The evacuation was let go of: nothing more may be done. */
  readonly isGone: () => boolean;
  readonly itemOf: (uuid: string) => EvacuationItem;
  readonly update: (uuid: string, change: Partial<EvacuationItem>) => void;
  /** The way of the domain is over. */
  readonly conclude: (uuid: string, end: ItemState) => void;
  /** It migrates, and is not to. */
  readonly abort: (uuid: string) => void;
}

/** Finds out how the ways of domains end: by the word of their virsh, and by where both hosts say that they are. */
export class Ends {
  /** Domains that stand still in the middle of their post-copy. */
  private readonly interrupted = new Set<string>();

  constructor(private readonly parts: EndParts) {}

  isInterrupted(uuid: string): boolean {
    return this.interrupted.has(uuid);
  }

  /** Waits for the end of the virsh of a start that is known, then settles. */
  expect(uuid: string, startId: string): void {
    this.parts.starter
      .whenEnded(startId)
      .then(
        (ended) => this.judgeEnd(uuid, ended),
        () => this.settle(uuid),
      )
      .catch((error: unknown) => this.parts.conclude(uuid, failure(error)));
  }

  /** virsh's word is not believed unseen: the hosts are asked where the domain is. */
  private judgeEnd(uuid: string, { state }: StartedMigration): Promise<void> | undefined {
    if (this.parts.isGone()) return undefined;
    switch (state.kind) {
      case 'succeeded':
        return this.settle(uuid, { arrivedAtMs: state.endedAtMs });
      case 'failed':
      case 'unknown':
        if (isPostcopyInterrupted(state.text)) {
          this.parts.update(uuid, { note: interruptedNote });
          return this.settle(uuid);
        }
        return this.settle(uuid, { reason: state.text, advice: undefined });
      case 'starting':
      case 'running':
        return this.settle(uuid);
    }
  }

  /**
   * Asks both hosts, until they tell, where the domain is and whether it still migrates. `word`: what virsh, or whoever refused
   * it, said of its end.
   */
  async settle(uuid: string, word: EndWord = {}): Promise<void> {
    const { source, fleet, migrations, waits, itemOf, isGone, update, conclude } = this.parts;
    let alarms = 0;
    let patience = endLooks;
    for (;;) {
      const item = itemOf(uuid);
      const { state } = item;
      if (isGone() || (state.kind !== 'starting' && state.kind !== 'migrating')) return;
      const place = await this.lookFor(item);
      if (isGone()) return;
      if (place.kind !== 'interrupted') this.interrupted.delete(uuid);
      switch (place.kind) {
        case 'destination':
          conclude(uuid, {
            kind: 'done',
            atMs: word.arrivedAtMs ?? this.parts.now(),
            seen: { on: 'destination', paused: place.paused },
          });
          return;
        case 'source': {
          // How it ended is being found out.
          if (isSilent(word) && migrations.running(source, uuid) !== undefined && patience > 0) {
            patience -= 1;
            break;
          }
          if (state.kind === 'starting' && isSilent(word) && item.wanted === undefined) {
            update(uuid, { state: { kind: 'waiting' }, forecast: undefined, note: undefined });
            return;
          }
          const reason = word.reason ?? this.seenEnd(uuid, state.atMs, word);
          const seen = { on: 'source', paused: place.paused } as const;
          conclude(uuid, { kind: 'failed', reason, advice: word.advice, seen });
          return;
        }
        case 'nowhere':
        case 'both':
        case 'half':
          alarms += 1;
          // The two hosts are asked one after the other, and it may have moved in between: such news is confirmed.
          if (alarms > 1) {
            const reason = [place.reason, word.reason].filter((part) => part !== undefined).join('; ');
            const seen = { on: place.kind, paused: false };
            conclude(uuid, { kind: 'failed', reason, advice: place.advice, seen });
            return;
          }
          break;
        case 'migrating':
          update(uuid, { state: { kind: 'migrating', atMs: state.atMs, startId: undefined }, note: undefined });
          break;
        case 'interrupted':
          this.interrupted.add(uuid);
          update(uuid, {
            state: { kind: 'migrating', atMs: state.atMs, startId: undefined },
            note: interruptedNote,
          });
          break;
        case 'unknown':
          update(uuid, { note: place.reason });
          break;
      }
      if (place.kind === 'migrating' && item.wanted !== undefined) this.parts.abort(uuid);
      await waits.pause(lookMs, (wake) => [
        migrations.onDidEnd(wake),
        ...(place.kind === 'unknown' ? [fleet.onDidChange(wake)] : []),
      ]);
    }
  }

  private async lookFor({ uuid, destination }: EvacuationItem): Promise<Whereabouts> {
    const { source, fleet, migrations } = this.parts;
    const place = await whereIs(uuid, fleet.get(source), fleet.get(destination));
    // The list of domains may be older than what the watcher has seen.
    const isInterrupted = migrations.running(source, uuid)?.state.phase === 'postcopyInterrupted';
    return place.kind === 'migrating' && isInterrupted ? { kind: 'interrupted' } : place;
  }

  /** Of one that is not at its destination, and whose virsh told another window: how it ended, as the hosts were watched. */
  private seenEnd(uuid: string, atMs: number, { arrivedAtMs }: EndWord): string {
    if (arrivedAtMs !== undefined) return 'its virsh said that it had arrived, but it has not left';
    const { source, migrations } = this.parts;
    const outcome = migrations.all.find(
      (migration) =>
        migration.domainUuid === uuid &&
        migration.source === source &&
        migration.state.outcome !== undefined &&
        (migration.startedAtMs >= atMs || isSameStart(migration.startedAtMs, atMs)),
    )?.state.outcome;
    return reasonOf(outcome);
  }
}

/** What failed before anything was sent, in words. */
export function failure(error: unknown): ItemState {
  return { kind: 'failed', ...wordOf(error) };
}

/** Why, and what to do about it, as far as an error tells. */
export function wordOf(error: unknown): { readonly reason: string; readonly advice: string | undefined } {
  return { reason: messageOf(error), advice: error instanceof UserError ? error.advice : undefined };
}

function reasonOf(outcome: Outcome | undefined): string {
  switch (outcome?.kind) {
    case 'failed':
      return outcome.reason;
    case 'aborted':
      return 'its migration was aborted';
    case 'completed':
    case 'endedWithoutCompleting':
    case 'lost':
    case undefined:
      return 'its migration ended without completing, and nobody heard why';
  }
}

function isSilent({ arrivedAtMs, reason }: EndWord): boolean {
  return arrivedAtMs === undefined && reason === undefined;
}
