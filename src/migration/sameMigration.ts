/**
 * One migration as two windows see it, or one window before and after a reload: the same domain, and a start that each of them
 * works out from its clock and the host's count.
 */

/** Two starts of one domain's migration that are this near are one: an answer is late by less, and nobody is quicker twice. */
const sameStartToleranceMs = 5000;

/** Unique, as a domain has one migration at a time; and it tells whose it is and since when. */
export function migrationId(domainUuid: string, startedAtMs: number): string {
  return `${domainUuid}-${Math.round(startedAtMs)}`;
}

export function isSameStart(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) < sameStartToleranceMs;
}

/** Of `migrations`, the one that another window may have named `id`: the nearest in time of that domain. */
export function sameMigration<T extends { readonly domainUuid: string; readonly startedAtMs: number }>(
  id: string,
  migrations: Iterable<T>,
): T | undefined {
  const dash = id.lastIndexOf('-');
  const domainUuid = id.slice(0, dash);
  const startedAtMs = Number(id.slice(dash + 1));
  const distance = (migration: T): number => Math.abs(migration.startedAtMs - startedAtMs);
  return [...migrations]
    .filter((migration) => migration.domainUuid === domainUuid && isSameStart(migration.startedAtMs, startedAtMs))
    .sort((a, b) => distance(a) - distance(b))[0];
}
