import { guestName } from '../migration/describe.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import type { Migration } from '../migration/model.js';
import { describeSentence } from '../migration/sentence.js';
import { migrationOf } from '../migration/start/began.js';
import type { StartedMigration } from '../migration/start/model.js';

/** Who tells of a migration's end anyway, since it was started from here. */
export interface OwnStarts {
  readonly starts: readonly StartedMigration[];
  readonly evacuations: Pick<Evacuations, 'includes'>;
}

/** What to say of a migration that has ended: undefined where it has not failed, or somebody else tells of it. */
export function failedNews(migration: Migration, { starts, evacuations }: OwnStarts): string | undefined {
  const { source, domainUuid, startedAtMs, state } = migration;
  // Where the guest is not as it should be, an alarm says both.
  if (state.outcome?.kind !== 'failed' || state.place?.kind === 'wrong') return undefined;
  if (starts.some((start) => migrationOf(start, [migration]) !== undefined)) return undefined;
  if (evacuations.includes(source, domainUuid, startedAtMs)) return undefined;
  return `'${guestName(migration)}': ${describeSentence(migration)}`;
}
