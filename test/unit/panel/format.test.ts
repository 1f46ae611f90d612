import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatElapsed,
  formatMs,
  formatPercent,
  formatRate,
  formatVcpus,
  MIB,
  UNKNOWN,
} from '../../../src/panel/format.js';

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [121 * MIB, '121 MiB'],
    [57 * MIB, '57.0 MiB'],
    [999.4 * MIB, '999 MiB'],
    [1023.4 * MIB, '1023 MiB'],
    [1023.6 * MIB, '1.00 GiB'],
    [9.77 * 1024 * MIB, '9.77 GiB'],
    [2 ** 60, '1024 PiB'],
    [-1, '0 B'],
    [Number.NaN, UNKNOWN],
    [undefined, UNKNOWN],
  ])('shows %s bytes as %s', (bytes, shown) => expect(formatBytes(bytes)).toBe(shown));

  it.each([
    [20 * MIB, '20.0 MiB/s'],
    [0.05 * MIB, '0.05 MiB/s'],
    [1190 * MIB, '1190 MiB/s'],
    [undefined, UNKNOWN],
  ])('shows a rate of %s always in MiB/s: %s', (rate, shown) => expect(formatRate(rate)).toBe(shown));

  it.each([
    [158, '158 ms'],
    [300, '300 ms'],
    [999.6, '1.0 s'],
    [10_240, '10.2 s'],
    [12_000, '12.0 s'],
    [59_960, '1 min'],
    [2_000_000, '33 min 20 s'],
    [undefined, UNKNOWN],
  ])('shows a freeze of %s ms as %s', (ms, shown) => expect(formatMs(ms)).toBe(shown));

  it.each([
    [42_000, '42 s', '0:42'],
    [72_000, '1 min 12 s', '1:12'],
    [120_000, '2 min', '2:00'],
    [3_750_000, '1 h 02 min', '1:02:30'],
  ])('shows %s ms as a stretch %s and as a point in time %s', (ms, stretch, point) => {
    expect(formatDuration(ms)).toBe(stretch);
    expect(formatElapsed(ms)).toBe(point);
  });

  it.each([
    [20, '20 %'],
    [2.5, '2.5 %'],
    [54.6, '55 %'],
    [undefined, UNKNOWN],
  ])('shows %s per cent as %s', (percent, shown) => expect(formatPercent(percent)).toBe(shown));
});

describe('how many virtual CPUs are busy', () => {
  it.each([
    [0.128, '0.13'],
    [12.46, '12.5'],
    [-0.1, '0.00'],
    [undefined, '–'],
    [NaN, '–'],
  ])('%s is written %s', (vcpus, text) => {
    expect(formatVcpus(vcpus)).toBe(text);
  });
});
