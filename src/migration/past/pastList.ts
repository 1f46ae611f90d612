import type { Migration } from '../model.js';
import type { PastEntry } from './entry.js';

/** What a list shows of a migration that is over, wherever its record is. */
export type PastItem = Pick<
  Migration,
  'id' | 'domainUuid' | 'domainName' | 'domainTitle' | 'source' | 'startedAtMs' | 'state'
>;

/** What the view *Migrations* has below those that run. */
export interface PastList {
  /** One after another, newest first: as many as were asked for. */
  readonly past: readonly PastItem[];
  readonly morePast: boolean;
  readonly imported: readonly PastItem[];
  readonly moreImported: boolean;
}

/** How many are shown at first, and how many more each time. */
export const pastPage = 50;

/** Pages of both groups, of the recent migrations and of the archive, which is in order. Works on no more than it shows. */
export function pastList(
  recent: readonly Migration[],
  archived: readonly PastEntry[],
  shown: { readonly past: number; readonly imported: number },
): PastList {
  const over = recent.filter(({ state }) => state.outcome !== undefined);
  const known = new Set(over.map(({ id }) => id));
  const seen = first(archived, shown.past + 1, ({ id, imported }) => !imported && !known.has(id));
  const imported = first(archived, shown.imported + 1, (entry) => entry.imported);
  // The recent ones are the newest, save where a window was closed for long: the order is by their starts.
  const all: readonly PastItem[] = [...over, ...seen].sort((a, b) => b.startedAtMs - a.startedAtMs);
  return {
    past: all.slice(0, shown.past),
    morePast: all.length > shown.past,
    imported: imported.slice(0, shown.imported),
    moreImported: imported.length > shown.imported,
  };
}

function first<Item>(items: readonly Item[], count: number, isWanted: (item: Item) => boolean): readonly Item[] {
  const found: Item[] = [];
  for (const item of items) {
    if (found.length >= count) break;
    if (isWanted(item)) found.push(item);
  }
  return found;
}
