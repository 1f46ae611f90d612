import type { ActionKind } from '../model.js';
import type { Forecast, Outlook } from './forecast.js';
import { isCapped } from './starts.js';

/** Something to do, or to do nothing, and what comes of it. */
export interface WayOut {
  readonly way: 'wait' | Extract<ActionKind, 'setSpeed' | 'setMaxDowntime' | 'pause' | 'switchToPostcopy'>;
  /** MiB/s or ms; undefined where the way needs no value. */
  readonly value: number | undefined;
  readonly forecast: Extract<Forecast, { kind: 'finishes' }>;
}

/** Who could as well wait is advised to nothing that takes more than this share of it. */
const soonerShare = 0.5;
/** A value is advised where it ends so surely: a bit less would do, and a bit less is what one gets. */
const sureToAdvise = 0.9;
/** What people type, up to libvirt's hard limit of 2 000 000 ms. */
const steps = [1, 1.5, 2, 3, 4, 5, 6, 8] as const;
/** No network of today's carries more. */
const mostMiBps = 50_000;
const mostDowntimeMs = 2_000_000;
const mib = 2 ** 20;
/** What the harm of a way is beside its freeze, as ms of one: other traffic slowed, or a guest at stake if a host is lost. */
const harmMs: Readonly<Record<WayOut['way'], number>> = {
  wait: 0,
  setSpeed: 200,
  setMaxDowntime: 300,
  pause: 500,
  switchToPostcopy: 20_000,
};

const found = new WeakMap<Outlook, readonly WayOut[]>();

/**
 * The ways to an end from where it is, by the least harm first. Post-copy is among them whether or not the migration was started
 * for it: no figure tells.
 */
export function waysOut(outlook: Outlook): readonly WayOut[] {
  const known = found.get(outlook);
  if (known !== undefined) return known;
  const ways = search(outlook);
  found.set(outlook, ways);
  return ways;
}

function search({ present, asItIs, at }: Outlook): readonly WayOut[] {
  if (present.phase !== 'precopy' || asItIs.kind === 'stalled' || asItIs.kind === 'tooEarly') return [];
  const ways: WayOut[] = [];
  if (asItIs.kind === 'finishes') ways.push({ way: 'wait', value: undefined, forecast: asItIs });
  const bandwidthMiBps = (present.bandwidthBytesPerSecond ?? 0) / mib;
  const endsSurely = asItIs.kind === 'finishes' && (asItIs.sure >= sureToAdvise || asItIs.atLeast);
  // Of rounds that get no shorter, any may be the last: it ends, but nobody knows when.
  const surely = endsSurely && present.hovering === undefined;
  if (!surely) {
    const downtimes = niceValues(present.maxDowntimeMs * 1.2, mostDowntimeMs);
    const speeds = niceValues(bandwidthMiBps * 1.2, Math.min(mostMiBps, bandwidthMiBps * 100));
    const isEnough = (forecast: Forecast): forecast is WayOut['forecast'] =>
      forecast.kind === 'finishes' &&
      forecast.sure >= sureToAdvise &&
      (!endsSurely || forecast.medianMs < soonerShare * asItIs.medianMs);
    ways.push(...smallest('setMaxDowntime', downtimes, (maxDowntimeMs) => at({ maxDowntimeMs }), isEnough));
    // Where no cap holds it back, a higher one changes nothing.
    if (isCapped(present)) ways.push(...smallest('setSpeed', speeds, (speedMiBps) => at({ speedMiBps }), isEnough));
  }
  ways.push(...without('pause', at({ pause: true })), ...without('switchToPostcopy', at({ postcopy: true })));
  return ways.sort((a, b) => harmOf(a) - harmOf(b));
}

function without(way: 'pause' | 'switchToPostcopy', forecast: Forecast): WayOut[] {
  return forecast.kind === 'finishes' ? [{ way, value: undefined, forecast }] : [];
}

/** More of either makes an end likelier, so the least that is enough is found by halving. */
function smallest(
  way: 'setSpeed' | 'setMaxDowntime',
  values: readonly number[],
  forecastAt: (value: number) => Forecast,
  isEnough: (forecast: Forecast) => forecast is WayOut['forecast'],
): WayOut[] {
  let low = 0;
  let high = values.length;
  let best: WayOut[] = [];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const value = values[middle];
    if (value === undefined) break;
    const forecast = forecastAt(value);
    if (isEnough(forecast)) {
      best = [{ way, value, forecast }];
      high = middle;
    } else low = middle + 1;
  }
  return best;
}

function niceValues(above: number, most: number): readonly number[] {
  const values: number[] = [];
  for (let power = 1; power <= most; power *= 10)
    for (const step of steps) {
      const value = step * power;
      if (value > above && value <= most && Number.isInteger(value)) values.push(value);
    }
  return values;
}

function harmOf({ way, forecast }: WayOut): number {
  return harmMs[way] + forecast.freezeIntervalMs[1];
}
