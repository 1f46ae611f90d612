import * as v from 'valibot';
import type { FromPanel } from '../panel/protocol.js';

/** A page's text for the clipboard is a table at most. */
const copyLimit = 200_000;

const schema: v.GenericSchema<unknown, FromPanel> = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({
    type: v.literal('action'),
    action: v.picklist([
      'setSpeed',
      'setMaxDowntime',
      'setCompressionCache',
      'pause',
      'resume',
      'switchToPostcopy',
      'interruptPostcopy',
      'resumePostcopy',
      'abort',
      'undo',
    ]),
  }),
  v.object({
    type: v.literal('way'),
    way: v.picklist(['wait', 'setSpeed', 'setMaxDowntime', 'pause', 'switchToPostcopy']),
    value: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  }),
  v.object({ type: v.literal('moment'), elapsedMs: v.pipe(v.number(), v.finite()) }),
  v.object({ type: v.literal('export'), format: v.picklist(['csv', 'json']) }),
  v.object({ type: v.literal('compare') }),
  v.object({ type: v.literal('copy'), text: v.pipe(v.string(), v.maxLength(copyLimit)) }),
]);

/** What a page said; undefined for anything that is none of its messages. */
export function readFromPanel(message: unknown): FromPanel | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}

const stateSchema = v.object({ migrationId: v.pipe(v.string(), v.nonEmpty(), v.maxLength(500)) });

/** Which migration a page of an earlier window showed. */
export function readPanelState(state: unknown): string | undefined {
  const parsed = v.safeParse(stateSchema, state);
  return parsed.success ? parsed.output.migrationId : undefined;
}
