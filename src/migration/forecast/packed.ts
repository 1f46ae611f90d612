import type { Forecast } from './forecast.js';

/**
 * A forecast in as little as it is worth keeping once a reading: whole milliseconds and bytes, hundredths of a chance. An end that
 * may never come is a null.
 */
export type PackedForecast =
  | readonly ['finishes' | 'atLeast', number, number, number | null, number, number, number, number]
  | readonly ['never', number, number]
  | readonly ['stalled', number]
  | readonly ['tooEarly'];

export function packed(said: Forecast): PackedForecast {
  const { round } = Math;
  const hundredths = (share: number): number => round(100 * share) / 100;
  switch (said.kind) {
    case 'finishes': {
      const { medianMs, intervalMs, freezeMs, freezeIntervalMs, sure, atLeast } = said;
      const [low, high] = intervalMs;
      const ends = [round(medianMs), round(low), high === undefined ? null : round(high)] as const;
      const freezes = [round(freezeMs), round(freezeIntervalMs[0]), round(freezeIntervalMs[1])] as const;
      return [atLeast ? 'atLeast' : 'finishes', ...ends, ...freezes, hundredths(sure)];
    }
    case 'never':
      return ['never', hundredths(said.sure), round(said.roundBytes)];
    case 'stalled':
      return ['stalled', round(said.sinceMs)];
    case 'tooEarly':
      return ['tooEarly'];
  }
}

/** Undefined for whatever is none of this version's forecasts. */
export function unpacked(value: unknown): Forecast | undefined {
  if (!Array.isArray(value)) return undefined;
  const [kind, ...figures] = value as readonly unknown[];
  const [a, b, c, d, e, f, g] = figures.map((figure) => (typeof figure === 'number' ? figure : undefined));
  switch (kind) {
    case 'finishes':
    case 'atLeast': {
      const told = [a, b, d, e, f, g];
      if (!told.every((figure) => figure !== undefined)) return undefined;
      const [medianMs = 0, low = 0, freezeMs = 0, least = 0, most = 0, sure = 0] = told;
      return {
        kind: 'finishes',
        medianMs,
        intervalMs: [low, c],
        freezeMs,
        freezeIntervalMs: [least, most],
        sure,
        atLeast: kind === 'atLeast',
      };
    }
    case 'never':
      return a === undefined || b === undefined ? undefined : { kind: 'never', sure: a, roundBytes: b };
    case 'stalled':
      return a === undefined ? undefined : { kind: 'stalled', sinceMs: a };
    case 'tooEarly':
      return { kind: 'tooEarly' };
    default:
      return undefined;
  }
}
