import type { Sample } from '../../../src/migration/model.js';
import { bandwidthBytesPerSecond, dirtyBytesPerSecond, remainingBytes } from '../../../src/migration/readings.js';

/** What simpler ways would say: how long it still takes, in ms from the last reading. Infinity: never. Undefined: nothing. */
export type Baseline = (samples: readonly Sample[]) => number | undefined;

/** virsh --verbose's percentage, `100 - remaining/total`, carried on as it went so far. */
const percentage: Baseline = (samples) => {
  const last = samples.at(-1);
  const remaining = last && remainingBytes(last);
  const total = last?.job.memoryTotalBytes;
  if (last === undefined || remaining === undefined || total === undefined || total === 0) return undefined;
  const done = 1 - remaining / total;
  return done <= 0 ? undefined : (last.elapsedMs * (1 - done)) / done;
};

/** What is left, at the bandwidth of now: what most people work out. */
const remainingByBandwidth: Baseline = (samples) => {
  const last = samples.at(-1);
  const remaining = last && remainingBytes(last);
  const bandwidth = last && bandwidthBytesPerSecond(last);
  return remaining === undefined || bandwidth === undefined ? undefined : (1000 * remaining) / bandwidth;
};

/** Each round shrinks by dirty rate / bandwidth: what the papers begin with. */
const geometric: Baseline = (samples) => {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const remaining = remainingBytes(last);
  const bandwidth = bandwidthBytesPerSecond(last);
  if (remaining === undefined || bandwidth === undefined) return undefined;
  const [measured] = samples.flatMap((sample) => sample.measured ?? []);
  const ratio = (dirtyBytesPerSecond(last) ?? measured?.dirtiedBytes ?? 0) / bandwidth;
  return ratio >= 1 ? Infinity : (1000 * remaining) / bandwidth / (1 - ratio);
};

export const baselines: Readonly<Record<string, Baseline>> = {
  "virsh's percentage extrapolated": percentage,
  'remaining / bandwidth': remainingByBandwidth,
  geometric,
};
