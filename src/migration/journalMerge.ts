import { isDeepStrictEqual } from 'node:util';
import type { JournalRecord } from './journalFormat.js';
import type { Mark, MigrationState, Outcome, Phase, Sample } from './model.js';
import { isSameStart } from './sameMigration.js';
import type { MigrationIdentity } from './trackedMigration.js';

/** What several windows wrote of the same migrations, made one record each. Pure. */

/** One file, by its beginning and its end. */
export interface JournalHead {
  readonly file: string;
  /** Who wrote it; undefined for one from before windows had files of their own. */
  readonly window: string | undefined;
  readonly identity: MigrationIdentity;
  /** Its last state, if that is an end. */
  readonly ended: MigrationState | undefined;
  readonly bytes: number;
}

/** The files of each migration, by their starts. A window writes one file a migration, so two of one window's are two. */
export function groupByMigration(heads: readonly JournalHead[]): JournalHead[][] {
  const groups: JournalHead[][] = [];
  for (const head of [...heads].sort((a, b) => a.identity.startedAtMs - b.identity.startedAtMs)) {
    const known = groups.find((group) => group.some(({ identity }) => identity.id === head.identity.id));
    // The latest that is near enough is the nearest: they come in order.
    const group = known ?? groups.findLast((others) => others.every((other) => isSame(other, head)));
    if (group === undefined) groups.push([head]);
    else group.push(head);
  }
  return groups;
}

function isSame(earlier: JournalHead, later: JournalHead): boolean {
  const [a, b] = [earlier.identity, later.identity];
  return (
    a.domainUuid === b.domainUuid &&
    a.source === b.source &&
    isSameStart(a.startedAtMs, b.startedAtMs) &&
    (earlier.window === undefined || earlier.window !== later.window) &&
    (earlier.ended?.endedAtMs ?? Infinity) > b.startedAtMs
  );
}

/** One record of all that windows wrote of one migration. */
export function mergeRecords(records: readonly [JournalRecord, ...JournalRecord[]]): JournalRecord {
  const [only, ...more] = records;
  if (more.length === 0) return only;
  const [earliest = only] = [...records].sort(
    ({ identity: a }, { identity: b }) => a.startedAtMs - b.startedAtMs || a.id.localeCompare(b.id),
  );
  const samples = mergeSamples(records.map((record) => record.samples));
  return {
    identity: earliest.identity,
    samples,
    marks: mergeMarks(
      records.map(({ marks }) => marks),
      samples,
    ),
    fields: latest(records).fields,
    state: mergeStates(records),
    ...(only.readings === undefined
      ? {}
      : { readings: new Map(records.flatMap(({ readings }) => [...(readings ?? [])])) }),
  };
}

function latest(records: readonly JournalRecord[]): Pick<JournalRecord, 'fields' | 'state'> {
  const lastAt = ({ samples }: JournalRecord): number => samples.at(-1)?.atMs ?? 0;
  return [...records].sort((a, b) => lastAt(b) - lastAt(a))[0] ?? { fields: [], state: undefined };
}

function mergeStates(records: readonly JournalRecord[]): MigrationState | undefined {
  const states = records.flatMap(({ state }) => (state === undefined ? [] : [state]));
  const ended = bestEnd(states);
  const destination = states.find((state) => state.destination !== undefined)?.destination;
  const state = ended ?? latest(records.filter((record) => record.state !== undefined)).state;
  return state === undefined ? undefined : { ...state, destination: state.destination ?? destination };
}

/** Of several ends of one migration, that which says most; undefined where none has one. */
export function bestEnd(states: readonly MigrationState[]): MigrationState | undefined {
  return states
    .filter(({ outcome }) => outcome !== undefined)
    .sort((a, b) => telling(b.outcome) - telling(a.outcome))[0];
}

/** How much an outcome says: a window that was not there, or not asked, knows less than another. */
export function telling(outcome: Outcome | undefined): number {
  switch (outcome?.kind) {
    case undefined:
      return 0;
    case 'lost':
      return 1;
    case 'endedWithoutCompleting':
      return 2;
    case 'aborted':
      return 3;
    case 'failed':
      return 4;
    case 'completed': {
      const figures = Object.values(outcome.result) as readonly (number | undefined)[];
      return 5 + figures.filter((figure) => figure !== undefined).length;
    }
  }
}

/** Two windows sample at the same rate, at other moments: nearer than this part of the usual distance is no news. */
const newsFactor = 0.75;

/** The longest history, and of the others what it lacks. */
function mergeSamples(histories: readonly (readonly Sample[])[]): readonly Sample[] {
  const [longest = [], ...others] = [...histories].sort((a, b) => b.length - a.length);
  return others.reduce(withMissing, longest);
}

function withMissing(base: readonly Sample[], more: readonly Sample[]): readonly Sample[] {
  const tooNearMs = newsFactor * usualDistanceMs(base);
  const merged: Sample[] = [];
  let next = 0;
  for (const sample of [...more].sort((a, b) => a.elapsedMs - b.elapsedMs)) {
    for (let own = base[next]; own !== undefined && own.elapsedMs <= sample.elapsedMs; own = base[next]) {
      merged.push(own);
      next += 1;
    }
    const before = base[next - 1]?.elapsedMs ?? -Infinity;
    const after = base[next]?.elapsedMs ?? Infinity;
    const isSeen = before === sample.elapsedMs || after === sample.elapsedMs;
    if (!isSeen && Math.min(sample.elapsedMs - before, after - sample.elapsedMs) >= tooNearMs) merged.push(sample);
  }
  return [...merged, ...base.slice(next)];
}

function usualDistanceMs(samples: readonly Sample[]): number {
  const distances = samples.slice(1).map(({ elapsedMs }, index) => elapsedMs - (samples[index]?.elapsedMs ?? 0));
  return distances.sort((a, b) => a - b)[distances.length >> 1] ?? 0;
}

/** Two windows notice one thing within this of each other. */
const sameMomentMs = 5000;
/** A part of a gap that is no longer than this is none: the other window was only a little later. */
const minGapMs = 3000;

function mergeMarks(histories: readonly (readonly Mark[])[], samples: readonly Sample[]): readonly Mark[] {
  const all = histories.flatMap((marks, from) => marks.map((mark): Told => ({ mark, from })));
  const kept: Mark[] = [];
  const iterations = new Set<number>();
  const gaps = new Set<number>();
  const done: Told[] = [];
  let phase: Phase | undefined;
  for (const told of all.sort((a, b) => a.mark.atMs - b.mark.atMs)) {
    const { mark } = told;
    switch (mark.kind) {
      case 'iteration':
        if (!iterations.has(mark.iteration)) kept.push(mark);
        iterations.add(mark.iteration);
        break;
      case 'phase':
        if (mark.phase !== phase) kept.push(mark);
        phase = mark.phase;
        break;
      case 'gap':
        for (const left of stillOpen(mark, samples)) {
          if (!gaps.has(left.elapsedMs)) kept.push(left);
          gaps.add(left.elapsedMs);
        }
        break;
      default:
        if (done.some((other) => isRepeated(told, other))) break;
        kept.push(mark);
        done.push(told);
    }
  }
  return kept;
}

/** A mark, and which of the histories tells it. */
interface Told {
  readonly mark: Mark;
  readonly from: number;
}

function isRepeated({ mark, from }: Told, { mark: before, from: beforeFrom }: Told): boolean {
  if (mark.kind !== 'change' || from === beforeFrom || mark.atMs - before.atMs >= sameMomentMs) return false;
  // What one window did, another sees done by somebody else.
  if (before.kind === 'action') return !before.failed;
  return before.kind === 'change' && isDeepStrictEqual(mark.change, before.change);
}

/** The parts of a gap in which no other window watched either. */
function stillOpen(gap: Extract<Mark, { kind: 'gap' }>, samples: readonly Sample[]): Mark[] {
  const within = samples.flatMap(({ elapsedMs }) =>
    elapsedMs > gap.elapsedMs && elapsedMs < gap.untilMs ? [elapsedMs] : [],
  );
  if (within.length === 0) return [gap];
  const edges = [gap.elapsedMs, ...within, gap.untilMs];
  return edges.slice(1).flatMap((untilMs, index): Mark[] => {
    const elapsedMs = edges[index] ?? untilMs;
    return untilMs - elapsedMs > minGapMs ? [{ ...gap, elapsedMs, untilMs }] : [];
  });
}
