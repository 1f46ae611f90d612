import type { Migration } from '../model.js';
import type { StartedMigration } from './model.js';
import { isEnded } from './records.js';

/** What tells one migration from others: its domain, where from, and when its job began by its host's count. */
type Begun = Pick<Migration, 'source' | 'domainUuid' | 'startedAtMs'>;

/** This machine's clock and a host's count of time may differ by as much about when a migration began. */
const clockSlackMs = 2000;

/** Which of several starts began a migration. */
export function startOf(starts: readonly StartedMigration[], migration: Begun): StartedMigration | undefined {
  return nearest(
    starts.filter((start) => start.request.options.postcopyResume !== true && hasBegun(start, migration)),
    migration.startedAtMs,
  );
}

/** The migration that a start began, or goes on with where it resumes a post-copy; undefined where nobody saw it. */
export function migrationOf(start: StartedMigration, migrations: readonly Migration[]): Migration | undefined {
  const { options } = start.request;
  const isIts = options.postcopyResume === true ? hasResumed : hasBegun;
  return nearest(
    migrations.filter((migration) => isIts(start, migration)),
    start.startedAtMs,
  );
}

/** By when that began: while a start is under way no other can begin one. */
function hasBegun(start: StartedMigration, migration: Begun): boolean {
  const endedAtMs = isEnded(start.state) ? start.state.endedAtMs : Infinity;
  return (
    isOfItsGuest(start, migration) &&
    migration.startedAtMs >= start.startedAtMs - clockSlackMs &&
    migration.startedAtMs <= endedAtMs + clockSlackMs
  );
}

function hasResumed(start: StartedMigration, migration: Migration): boolean {
  const { startedAtMs, state } = migration;
  return (
    isOfItsGuest(start, migration) &&
    startedAtMs <= start.startedAtMs &&
    (state.endedAtMs ?? Infinity) >= start.startedAtMs - clockSlackMs
  );
}

function isOfItsGuest({ request }: StartedMigration, { source, domainUuid }: Begun): boolean {
  return request.source === source && request.domainUuid === domainUuid;
}

function nearest<T extends { readonly startedAtMs: number }>(all: readonly T[], atMs: number): T | undefined {
  const distance = ({ startedAtMs }: T): number => Math.abs(startedAtMs - atMs);
  return [...all].sort((a, b) => distance(a) - distance(b))[0];
}
