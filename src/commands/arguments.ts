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
  exportMigration: v.strictObject({ ...targetEntries, file: v.optional(text('file')) }),
  importRecording: v.strictObject({
    file: v.optional(text('file')),
    text: v.optional(text('text')),
    name: v.optional(text('name')),
  }),
  compareMigrations: v.strictObject({
    ...targetEntries,
    migrations: v.optional(
      v.pipe(v.array(text('each of migrations')), v.length(2, 'migrations must be two ids of migrations')),
    ),
  }),
  removeRecording: v.strictObject({ migration: v.optional(text('migration')), ...confirmEntries }),
  evacuate: v.strictObject({
    ...hostEntries,
    destinations: v.optional(v.array(text('each of destinations'), 'destinations must be a list of hosts')),
    destinationOf: v.optional(
      v.record(
        v.string(),
        v.nullable(text('each host of destinationOf')),
        'destinationOf must name a host, or null, by domain',
      ),
    ),
    perSource: v.optional(v.number('perSource must be a number')),
    perDestination: v.optional(v.number('perDestination must be a number')),
    preset: v.optional(text('preset')),
    options: v.optional(v.unknown()),
    ...confirmEntries,
  }),
  redirect: v.strictObject({
    ...hostEntries,
    domain: v.optional(text('domain')),
    destination: v.optional(text('destination')),
  }),
  setSpeed: v.strictObject({
    ...targetEntries,
    speedMiBps: v.optional(
      v.union([v.number(), v.literal('unlimited')], 'speedMiBps must be a number of MiB/s, or "unlimited"'),
    ),
  }),
  setCompressionCache: v.strictObject({
    ...targetEntries,
    cacheMiB: v.optional(v.number('cacheMiB must be a number of MiB')),
  }),
  resumePostcopy: v.strictObject({
    ...targetEntries,
    destinationUri: v.optional(text('destinationUri')),
    migrationUri: v.optional(text('migrationUri')),
  }),
  setMaxDowntime: v.strictObject({
    ...targetEntries,
    downtimeMs: v.optional(v.number('downtimeMs must be a number of milliseconds')),
  }),
  migrate: v.strictObject({
    ...hostEntries,
    domain: v.optional(text('domain')),
    destination: v.optional(text('destination')),
    destinationUri: v.optional(text('destinationUri')),
    migrationUri: v.optional(text('migrationUri')),
    // Read by the table of options, whose messages name the one that is wrong.
    options: v.optional(
      v.custom<object>(
        (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
        'options must be an object',
      ),
    ),
    preset: v.optional(text('preset')),
    ...confirmEntries,
    ignoreChecks: v.optional(flag('ignoreChecks')),
  }),
} as const;

export type MigrateArguments = v.InferOutput<typeof schemas.migrate>;
export type TargetArguments = v.InferOutput<typeof schemas.target>;

/**
 * What a tree hands over: a row's same keys, and what kind of row it is. To a command of the view's own header the editor gives
 * the row that has the focus, whatever it is.
 */
const nodeSchema = v.object({
  kind: v.picklist(['group', 'host', 'domain', 'migration', 'note']),
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
  schema: v.GenericSchema<unknown, Output> & { readonly entries: object },
  argument: unknown,
): Output {
  if (Array.isArray(argument)) throw new UserError(`${command}: its argument must be an object.`, 'Nothing was done.');
  const node = v.safeParse(nodeSchema, argument);
  const parsed = v.safeParse(schema, node.success ? fieldsOf(node.output, schema.entries) : (argument ?? {}));
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

/** The migrations among the rows that are selected, as a tree hands them over beside the row that was clicked. */
export function readSelection(selected: unknown): readonly string[] {
  if (!Array.isArray(selected)) return [];
  return selected.flatMap((row) => {
    const node = v.safeParse(nodeSchema, row);
    return node.success && node.output.kind === 'migration' ? (node.output.migration ?? []) : [];
  });
}

/** Of a row only what the command can take: a guest's row also stands for its host. The row of a migration names all three. */
function fieldsOf(node: v.InferOutput<typeof nodeSchema>, entries: object): object {
  const named = (['host', 'domain', 'migration'] as const).filter((key) => key in entries && node[key] !== undefined);
  return Object.fromEntries(named.map((key) => [key, node[key]]));
}
