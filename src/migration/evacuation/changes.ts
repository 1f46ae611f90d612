import { isLookedAt, orderByForecast } from './queue.js';
import { type EvacuationItem, type EvacuationMode, type EvacuationRecord, isMigrating, phaseOf } from './model.js';

/** What each step makes of a record. Pure. */

export function withItem(record: EvacuationRecord, uuid: string, change: Partial<EvacuationItem>): EvacuationRecord {
  return {
    ...record,
    items: record.items.map((item) => (item.uuid === uuid ? { ...item, ...change } : item)),
  };
}

/** Notes when each item came to be under way, and when it no longer was. */
export function withJourneys(before: EvacuationRecord, next: EvacuationRecord, nowMs: number): EvacuationRecord {
  const was = new Map(before.items.map((item) => [item.uuid, isMigrating(item)]));
  const isTurned = (item: EvacuationItem): boolean => (was.get(item.uuid) ?? false) !== isMigrating(item);
  if (!next.items.some(isTurned)) return next;
  return { ...next, items: next.items.map((item) => (isTurned(item) ? withJourney(item, nowMs) : item)) };
}

function withJourney(item: EvacuationItem, nowMs: number): EvacuationItem {
  const { state, journeys = [] } = item;
  if (state.kind === 'starting' || state.kind === 'migrating') {
    return { ...item, journeys: [...journeys, { fromMs: state.atMs, toMs: undefined }] };
  }
  return { ...item, journeys: journeys.map((one) => ({ ...one, toMs: one.toMs ?? nowMs })) };
}

/** Once no pre-flight looks ahead any more those that wait are put in order; those begun or over keep their places before them. */
export function inOrder(record: EvacuationRecord): EvacuationRecord {
  if (record.items.some(isLookedAt)) return record;
  const waits = ({ state }: EvacuationItem): boolean => state.kind === 'waiting';
  const waiting = orderByForecast(record.items.filter(waits));
  return { ...record, items: [...record.items.filter((item) => !waits(item)), ...waiting] };
}

/** What was under way only in a window that has ended: a pre-flight changes nothing, and is done again. */
export function afterReload(record: EvacuationRecord): EvacuationRecord {
  return {
    ...record,
    items: record.items.map((item) =>
      item.state.kind === 'checking' ? { ...item, state: { kind: 'waiting' } } : item,
    ),
  };
}

/** Looked at anew, and then it waits for its turn: what failed may be mended, and what it was foretold may be another. */
export function again(record: EvacuationRecord, uuid: string): EvacuationRecord {
  const fresh = { state: { kind: 'waiting' }, forecast: undefined, wanted: undefined, note: undefined } as const;
  // One that was stopped and had nothing left to do goes on for this one; where others wait, the user resumes them all.
  const mode = phaseOf(record) === 'ended' ? 'go' : record.mode;
  return { ...withItem(record, uuid, fresh), mode };
}

export function withMode(record: EvacuationRecord, mode: EvacuationMode): EvacuationRecord {
  return {
    ...record,
    mode,
    items: record.items.map((item): EvacuationItem => {
      const { kind } = item.state;
      if (mode === 'go') return kind === 'cancelled' ? { ...item, state: { kind: 'waiting' } } : item;
      // No longer begun: a pre-flight alone is given up at once.
      if (kind !== 'waiting' && kind !== 'checking') {
        const runs = kind === 'starting' || kind === 'migrating';
        return mode === 'stopAll' && runs ? { ...item, wanted: item.wanted ?? 'cancel' } : item;
      }
      return { ...item, state: { kind: mode === 'stopAll' ? 'cancelled' : 'waiting' } };
    }),
  };
}

/** Notes when all was over, once; forgets it when something was begun again. */
export function withEnd(record: EvacuationRecord, nowMs: number): EvacuationRecord {
  const over = phaseOf(record) === 'ended';
  if (over === (record.endedAtMs !== undefined)) return record;
  return { ...record, endedAtMs: over ? nowMs : undefined };
}
