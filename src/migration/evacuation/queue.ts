import { type EvacuationItem, type EvacuationRecord, isActive } from './model.js';

/** How many pre-flights look ahead at a time: they wait for the guests' dirty rates, not for the hosts. */
const lookAheadAtOnce = 4;

/**
 * Shortest first; then those of which nobody can tell, small ones first; then those that would not end as they are started;
 * last those not looked at yet, since their host is gone.
 */
export function orderByForecast(items: readonly EvacuationItem[]): readonly EvacuationItem[] {
  return items
    .map((item, index) => ({ item, index, rank: rankOf(item) }))
    .sort((a, b) => a.rank - b.rank || lengthOf(a.item) - lengthOf(b.item) || a.index - b.index)
    .map(({ item }) => item);
}

function rankOf({ forecast }: EvacuationItem): number {
  if (forecast === undefined) return 3;
  if (forecast.converges === false) return 2;
  return forecast.timeMs === undefined ? 1 : 0;
}

function lengthOf({ forecast, memoryBytes }: EvacuationItem): number {
  return forecast?.timeMs ?? memoryBytes;
}

export interface Slots {
  /** Whether a migration to it could begin now: its host is connected. */
  readonly isReachable: (destination: string) => boolean;
  /** Those that other evacuations send there now. */
  readonly othersTo: (destination: string) => number;
}

/** The next one whose forecast is wanted: all are looked at once before the first moves, so that the order is known. */
export function nextToLookAhead({ mode, items }: EvacuationRecord, { isReachable }: Slots): EvacuationItem | undefined {
  if (mode !== 'go' || items.filter(isLookedAt).length >= lookAheadAtOnce) return undefined;
  return items.find((item) => lacksForecast(item) && isReachable(item.destination));
}

/**
 * The next one that may begin now, in order. One that waits for its destination's slot, or for the host to come back, lets
 * later ones to another destination pass.
 */
export function nextToBegin(record: EvacuationRecord, { isReachable, othersTo }: Slots): EvacuationItem | undefined {
  const { mode, items, settings } = record;
  if (mode !== 'go') return undefined;
  const wanted = items.filter(({ state, destination }) => state.kind === 'waiting' && isReachable(destination));
  if (items.some(isLookedAt) || wanted.some(lacksForecast)) return undefined;
  const active = items.filter(isActive);
  if (active.length >= settings.perSource) return undefined;
  const isFree = (destination: string): boolean =>
    active.filter((item) => item.destination === destination).length + othersTo(destination) < settings.perDestination;
  return wanted.find(({ destination }) => isFree(destination));
}

/** Whether its pre-flight runs only to know the order. */
export function isLookedAt({ state }: EvacuationItem): boolean {
  return state.kind === 'checking' && !state.toStart;
}

function lacksForecast({ state, forecast }: EvacuationItem): boolean {
  return state.kind === 'waiting' && forecast === undefined;
}
