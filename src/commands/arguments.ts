import * as v from 'valibot';
import { cleanLabel } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';

const text = (key: string): v.GenericSchema<unknown, string> =>
  v.pipe(v.string(`${key} must be a text`), v.trim(), v.nonEmpty(`${key} must not be empty`));
const flag = (key: string): v.GenericSchema<unknown, boolean> => v.boolean(`${key} must be true or false`);

const hostEntries = { host: v.optional(text('host')) };
const targetEntries = { ...hostEntries, domain: v.optional(text('domain')), migration: v.optional(text('migration')) };
const confirmEntries = { confirmed: v.optional(flag('confirmed')) };

/** The argument of each kind of command: one object, each value with its unit in its key. */
export const schemas = {
  host: v.strictObject(hostEntries),
  confirmedHost: v.strictObject({ ...hostEntries, ...confirmEntries }),
  none: v.strictObject({}),
  addHost: v.strictObject({
    destination: v.optional(text('destination')),
    name: v.optional(text('name')),
    group: v.optional(text('group')),
    uri: v.optional(text('uri')),
    virsh: v.optional(text('virsh')),
    readOnly: v.optional(flag('readOnly')),
  }),
  target: v.strictObject(targetEntries),
  confirmedTarget: v.strictObject({ ...targetEntries, ...confirmEntries }),
  setSpeed: v.strictObject({
    ...targetEntries,
    speedMiBps: v.optional(
      v.union([v.number(), v.literal('unlimited')], 'speedMiBps must be a number of MiB/s, or "unlimited"'),
    ),
  }),
  setMaxDowntime: v.strictObject({
    ...targetEntries,
    downtimeMs: v.optional(v.number('downtimeMs must be a number of milliseconds')),
  }),
} as const;

export type TargetArguments = v.InferOutput<typeof schemas.target>;

/** What a tree hands over for its row: the same keys, and what kind of row it is. */
const nodeSchema = v.object({
  kind: v.picklist(['host', 'domain', 'migration']),
  host: v.optional(v.string()),
  domain: v.optional(v.string()),
  migration: v.optional(v.string()),
});

/**
 * Reads a command's argument: none, a tree's row, or an object given by a keybinding, a task or a test. Throws a `UserError`
 * that says which key is wrong; a key that is not known is wrong, too, since a misspelt one would be silently ignored.
 */
export function readArguments<Output extends object>(
  command: string,
  schema: v.GenericSchema<unknown, Output>,
  argument: unknown,
): Output {
  if (Array.isArray(argument)) throw new UserError(`${command}: its argument must be an object.`, 'Nothing was done.');
  const node = v.safeParse(nodeSchema, argument);
  const parsed = v.safeParse(schema, node.success ? fieldsOf(node.output) : (argument ?? {}));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const key = v.getDotPath(issue);
  const unknownKey = issue.type === 'strict_object' && issue.expected === 'never';
  const why = unknownKey
    ? `"${cleanLabel(key ?? '')}" is not one of its arguments`
    : issue.type === 'strict_object'
      ? 'its argument must be an object'
      : issue.message;
  throw new UserError(`${command}: ${why}.`, 'Nothing was done.');
}

function fieldsOf({ host, domain, migration }: v.InferOutput<typeof nodeSchema>): object {
  return {
    ...(host === undefined ? {} : { host }),
    ...(domain === undefined ? {} : { domain }),
    // The row of a migration names all three; its id alone says which.
    ...(migration === undefined ? {} : { migration }),
  };
}
