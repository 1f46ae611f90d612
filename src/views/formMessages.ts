import * as v from 'valibot';
import { formLimits, type FromForm } from '../panel/formProtocol.js';

const id = v.pipe(v.string(), v.nonEmpty(), v.maxLength(formLimits.id));
const text = v.pipe(v.string(), v.maxLength(formLimits.text));
const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(formLimits.index));

const schema: v.GenericSchema<unknown, FromForm> = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('flag'), field: id, on: v.boolean() }),
  v.object({ type: v.literal('text'), field: id, text }),
  v.object({ type: v.literal('member'), field: id, value: text, on: v.boolean() }),
  v.object({ type: v.literal('way'), index }),
  v.object({ type: v.literal('suggestion'), index }),
  v.object({
    type: v.literal('press'),
    button: v.picklist(['check', 'migrate', 'cancel', 'savePreset', 'editPresets']),
  }),
  v.object({ type: v.literal('copy'), text: v.pipe(v.string(), v.maxLength(formLimits.copy)) }),
]);

/** What a form's page said; undefined for anything that is none of its messages. */
export function readFromForm(message: unknown): FromForm | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
