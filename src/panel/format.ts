/**
 * How figures are written, on the page and wherever the extension shows the same figure: one figure, one form. Decimals
 * are not trimmed (`57.0 MiB`, not `57 MiB`), so that a figure that ticks does not jump about.
 */

const IEC_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
export const KIB = 1024;
export const MIB = KIB * KIB;

/** Where a figure is unknown: an en dash reads as "none", a zero would read as a measurement. */
export const UNKNOWN = '–';

/** Three significant digits where there are fractions to show, whole numbers from 100 on. */
function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1);
  return value.toFixed(0);
}

/** `121 MiB`, `9.77 GiB`, `512 B`: IEC units, as virsh prints them. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return UNKNOWN;
  let value = Math.max(0, bytes);
  let unit = 0;
  // From 1023.5 on the figure would be rounded to a whole one of the next unit.
  while (value >= (unit === 0 ? KIB : KIB - 0.5) && unit < IEC_UNITS.length - 1) {
    value /= KIB;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)} ${IEC_UNITS[unit] ?? 'B'}`;
}

/** `20.1 MiB/s`. Always in MiB/s, the unit of migrate-setspeed, so that a rate compares with a limit at a glance. */
export function formatRate(bytesPerSecond: number | undefined): string {
  if (bytesPerSecond === undefined || !Number.isFinite(bytesPerSecond)) return UNKNOWN;
  return `${threeDigits(Math.max(0, bytesPerSecond) / MIB)} MiB/s`;
}

/** A freeze: `300 ms`, `10.2 s`, `33 min 20 s`. Below a second in ms, as libvirt's limits are set. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const value = Math.max(0, ms);
  if (value < 999.5) return `${value.toFixed(0)} ms`;
  if (value < 59_950) return `${(value / 1000).toFixed(1)} s`;
  return formatDuration(value);
}

/** A stretch of time: `42 s`, `1 min 12 s`, `2 h 05 min`. */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const seconds = Math.round(Math.max(0, ms) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A point in time of a migration: `0:42`, `12:05`, `1:02:30`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
}

/** `20 %`; a decimal only below ten, where it tells something. */
export function formatPercent(percent: number | undefined): string {
  if (percent === undefined || !Number.isFinite(percent)) return UNKNOWN;
  return `${percent < 9.95 && !Number.isInteger(percent) ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** How many virtual CPUs are busy: `0.13`, `12.5`. */
export function formatVcpus(vcpus: number | undefined): string {
  return vcpus === undefined || !Number.isFinite(vcpus) ? UNKNOWN : threeDigits(Math.max(0, vcpus));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
