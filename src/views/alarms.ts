import { type Hosts, isOnlyWatched } from '../migration/availability.js';
import { guestName } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import type { RowCommand } from './rows.js';

/** What has to be said loudly of a migration's guest, and what a button can do about it. */
export interface Alarm {
  readonly text: string;
  readonly remedy: RowCommand | undefined;
}

/** A guest that stands still, half on each host; one that is not in exactly one place after its migration, or was left paused. */
export function alarmOf(migration: Migration, hosts: Hosts): Alarm | undefined {
  const { phase, outcome, place } = migration.state;
  const guest = `'${guestName(migration)}'`;
  if (outcome === undefined && phase === 'postcopyInterrupted') {
    return {
      text: `The migration of ${guest} is interrupted in post-copy: the guest stands still, half on each host, until it is resumed.`,
      remedy: isOnlyWatched(migration.source, hosts)
        ? undefined
        : { command: 'libvirt.resumePostcopy', title: 'Resume Post-Copy', arguments: [{ migration: migration.id }] },
    };
  }
  if (place?.kind !== 'wrong') return undefined;
  const { resumeOn: host, problem } = place;
  // With a second copy about, what to resume is not for a button of a notification to say.
  const resumable = problem === 'paused' && host !== undefined && !isOnlyWatched(host, hosts);
  return {
    text: `The migration of ${guest} has ended. ${place.text} ${place.advice}`,
    remedy: resumable
      ? { command: 'libvirt.resume', title: 'Resume', arguments: [{ host, domain: migration.domainUuid }] }
      : undefined,
  };
}

/** Which alarms were not given yet in this window. */
export class AlarmNews {
  /** What was last said of each migration that this window has seen; an empty text where nothing was wrong. */
  private readonly told = new Map<string, string>();

  /** Those to give now. What an earlier window left behind as ended, it has told itself. */
  of(all: readonly Migration[], hosts: Hosts): readonly { readonly migration: Migration; readonly alarm: Alarm }[] {
    const news = all.flatMap((migration) => {
      const { id, state } = migration;
      const alarm = alarmOf(migration, hosts);
      const before = this.told.get(id) ?? (state.outcome === undefined ? '' : undefined);
      this.told.set(id, alarm?.text ?? '');
      return alarm === undefined || before === undefined || alarm.text === before ? [] : [{ migration, alarm }];
    });
    const known = new Set(all.map(({ id }) => id));
    for (const id of this.told.keys()) if (!known.has(id)) this.told.delete(id);
    return news;
  }
}
