import { type Column, COLUMN_KEYS, type ColumnKey, type Columns } from '../columns.js';

/** A figure of the first migration, and of the second. */
export type ComparedKey = `${ColumnKey}1` | `${ColumnKey}2`;

/**
 * Two histories by the time since their starts. Each is worked out where only the other was read, along the line that is drawn
 * anyway, so that both have a figure wherever one points; beyond its ends, and in its gaps, there is none.
 */
export function joined(first: Columns, second: Columns): Columns<ComparedKey> {
  const x = [...new Set([...first.x, ...second.x])].sort((a, b) => a - b);
  const values: Partial<Record<ComparedKey, Column>> = {};
  const has: Partial<Record<ComparedKey, boolean>> = {};
  for (const key of COLUMN_KEYS) {
    values[`${key}1`] = along(x, first.x, first.values[key]);
    values[`${key}2`] = along(x, second.x, second.values[key]);
    has[`${key}1`] = first.has[key];
    has[`${key}2`] = second.has[key];
  }
  return {
    x,
    firstSeconds: Math.min(first.firstSeconds, second.firstSeconds),
    values: values as Record<ComparedKey, Column>,
    has: has as Record<ComparedKey, boolean>,
  };
}

/** `column`, which was read at the times `own`, at the times `x`, among which these are. */
function along(x: readonly number[], own: readonly number[], column: Column): Column {
  let before = -1;
  return x.map((at) => {
    while (before + 1 < own.length && (own[before + 1] ?? Infinity) <= at) before += 1;
    const from = own[before];
    const value = column[before] ?? null;
    if (from === undefined || value === null || from === at) return from === undefined ? null : value;
    const until = own[before + 1];
    const next = column[before + 1] ?? null;
    if (until === undefined || next === null) return null;
    return value + ((next - value) * (at - from)) / (until - from);
  });
}
