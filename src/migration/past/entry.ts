import { clip } from '../../base/cleanText.js';
import type { MigrationState } from '../model.js';
import type { MigrationIdentity } from '../trackedMigration.js';

/** A migration that is over, as lists show it: all but its history. */
export interface PastEntry extends MigrationIdentity {
  readonly state: MigrationState;
  /** How much of the disk its history takes. */
  readonly bytes: number;
  /** It was seen elsewhere, and brought here as a recording. */
  readonly imported: boolean;
}

/** A line of the index: an entry, or the id of one that was removed. */
type IndexLine = { readonly v: 1; readonly entry: PastEntry } | { readonly v: 1; readonly removed: string };

/** libvirt's reasons are a line; what is longer stands in the history. */
const reasonLimit = 500;
const nameLimit = 300;

/** A line begins with a newline: whatever a crash has left of the one before must not take this one along. */
export function entryLine(entry: PastEntry): string {
  const { domainName, domainTitle, state } = entry;
  return lineOf({
    v: 1,
    entry: {
      ...entry,
      domainName: clip(domainName, nameLimit),
      domainTitle: domainTitle === undefined ? undefined : clip(domainTitle, nameLimit),
      state: shortState(state),
    },
  });
}

export function removedLine(id: string): string {
  return lineOf({ v: 1, removed: id });
}

function lineOf(line: IndexLine): string {
  return `\n${JSON.stringify(line)}`;
}

function shortState(state: MigrationState): MigrationState {
  const { outcome } = state;
  if (outcome?.kind !== 'failed' && outcome?.kind !== 'lost') return state;
  return { ...state, outcome: { ...outcome, reason: clip(outcome.reason, reasonLimit) } };
}

/** What an index tells. */
export interface IndexContents {
  /** By id: of several lines about one, the last counts. */
  readonly entries: ReadonlyMap<string, PastEntry>;
  /** Lines that tell nothing any more, or can't be read. */
  readonly deadLines: number;
}

/** A line that was cut off, or that a later version wrote, is passed over. */
export function readIndex(text: string): IndexContents {
  const entries = new Map<string, PastEntry>();
  let lines = 0;
  for (const raw of text.split('\n')) {
    if (raw === '') continue;
    lines += 1;
    const line = parseLine(raw);
    if (line === undefined) continue;
    if ('removed' in line) entries.delete(line.removed);
    else entries.set(line.entry.id, line.entry);
  }
  return { entries, deadLines: lines - entries.size };
}

function parseLine(raw: string): IndexLine | undefined {
  let line: Partial<{ v: unknown; entry: Partial<PastEntry> | null; removed: unknown }> | null;
  try {
    line = JSON.parse(raw) as typeof line;
  } catch {
    return undefined;
  }
  if (line?.v !== 1) return undefined;
  if (typeof line.removed === 'string') return { v: 1, removed: line.removed };
  const { entry } = line;
  const isWhole =
    typeof entry?.id === 'string' &&
    typeof entry.domainName === 'string' &&
    typeof entry.source === 'string' &&
    typeof entry.startedAtMs === 'number' &&
    typeof entry.bytes === 'number' &&
    typeof entry.state?.outcome?.kind === 'string';
  return isWhole ? { v: 1, entry: entry as PastEntry } : undefined;
}
