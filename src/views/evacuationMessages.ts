import * as v from 'valibot';
import type { FromEvacuationPanel } from '../panel/evacuationProtocol.js';

const name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(500));

const schema: v.GenericSchema<unknown, FromEvacuationPanel> = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('action'), action: v.picklist(['stopAfterThis', 'stopAll', 'resume']) }),
  v.object({ type: v.literal('rowAction'), action: v.picklist(['skip', 'retry', 'redirect', 'open']), id: name }),
]);

/** What a page said; undefined for anything that is none of its messages. */
export function readFromEvacuation(message: unknown): FromEvacuationPanel | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}

const stateSchema = v.object({ host: name });

/** Which host's evacuation a page of an earlier window showed. */
export function readEvacuationState(state: unknown): string | undefined {
  const parsed = v.safeParse(stateSchema, state);
  return parsed.success ? parsed.output.host : undefined;
}
