import * as v from 'valibot';
import type { FromComparison } from '../panel/comparisonProtocol.js';

const migrationId = v.pipe(v.string(), v.nonEmpty(), v.maxLength(500));

const schema: v.GenericSchema<unknown, FromComparison> = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('open'), migrationId }),
]);

/** What the page said; undefined for anything that is none of its messages. */
export function readFromComparison(message: unknown): FromComparison | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}

/** Which two a page of an earlier window compared. */
export function readComparisonState(state: unknown): string | undefined {
  const parsed = v.safeParse(v.object({ id: v.pipe(v.string(), v.maxLength(1100)) }), state);
  return parsed.success && comparedIds(parsed.output.id) !== undefined ? parsed.output.id : undefined;
}

/** The two, as one id; ids of migrations may hold anything. */
export function comparisonId(first: string, second: string): string {
  return JSON.stringify([first, second]);
}

export function comparedIds(id: string): readonly [string, string] | undefined {
  try {
    const parsed = v.safeParse(v.tuple([migrationId, migrationId]), JSON.parse(id));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
