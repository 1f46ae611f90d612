import { formatBytes, formatMs, formatPercent, formatRate, formatVcpus, MIB } from '../format.js';
import { byteUnit, decimalSteps, linearSpan, type Span } from './scale.js';

/** How a kind of figure is written and measured on an axis. */
export interface Quantity {
  /** A figure in words, with its unit. */
  readonly format: (value: number) => string;
  /** The unit of the axis, said once in the chart's head; empty where each label has its own. */
  readonly axisUnit: (top: number) => string;
  readonly tick: (value: number, top: number) => string;
  readonly steps: (top: number) => number[];
  readonly span: (max: number | null) => Span;
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** `300 ms`, `1.5 s`, `2 min`: short, since round. */
export function tickMs(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 1000) return `${trimmed(ms)} ms`;
  return ms < 120_000 ? `${trimmed(ms / 1000)} s` : `${trimmed(ms / 60_000)} min`;
}

const MS_STEPS = [...decimalSteps(1, 0, 3), 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];

const bytes: Quantity = {
  format: formatBytes,
  axisUnit: (top) => byteUnit(top).label,
  tick: (value, top) => trimmed(value / byteUnit(top).bytes),
  steps: (top) => decimalSteps(byteUnit(top).bytes, -1, 4),
  span: (max) => linearSpan(max, 10 * MIB),
};

const rate: Quantity = {
  format: formatRate,
  axisUnit: () => 'MiB/s',
  tick: (value) => trimmed(value / MIB),
  steps: () => decimalSteps(MIB, -2, 5),
  span: (max) => linearSpan(max, MIB),
};

const downtime: Quantity = {
  format: formatMs,
  axisUnit: () => '',
  tick: tickMs,
  steps: () => MS_STEPS,
  span: (max) => linearSpan(max, 100),
};

const percent: Quantity = {
  format: formatPercent,
  axisUnit: () => '%',
  tick: (value) => trimmed(value),
  steps: () => decimalSteps(1, 0, 2),
  // All of it, always: a throttle of 20 % must not fill the chart. A compressed page may be larger than a whole one.
  span: (max) => [0, Math.max(100, max ?? 0)],
};

const vcpus: Quantity = {
  format: formatVcpus,
  axisUnit: () => '',
  tick: trimmed,
  steps: () => decimalSteps(1, -2, 3),
  span: (max) => linearSpan(max, 0.1),
};

export const QUANTITIES = { bytes, rate, downtime, percent, vcpus } as const;
