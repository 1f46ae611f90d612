import * as v from 'valibot';
import { cleanLabel } from '../../base/cleanText.js';
import { UserError } from '../../base/errors.js';
import { type Checked, parseSpeedMiBps } from '../../virsh/bounds.js';
import type { MigrationOptions } from './model.js';
import {
  type Choice,
  type FlagKey,
  type MigrationOption,
  migrationOptions,
  type NumberKey,
  type NumberOption,
} from './optionTable.js';

export * from './optionTable.js';

/** What a migration is started with unless something else is wanted. `persistent`: whether the domain is defined at its source. */
export function defaultOptions(persistent: boolean): MigrationOptions {
  return {
    live: true,
    p2p: true,
    persistent,
    undefineSource: persistent,
    autoConverge: false,
    postcopy: false,
    compressionMethods: [],
    storage: 'shared',
    tls: false,
    zeroCopy: false,
  };
}

/** Whether a host has an option, or one of its choices, by its own `virsh help migrate`. */
export function isOffered({ needs }: Pick<MigrationOption, 'needs'>, migrateOptions: ReadonlySet<string>): boolean {
  return needs.every((word) => migrateOptions.has(word));
}

/** Whether anything else than its being off is chosen of an option. */
export function isChosen({ key, kind }: MigrationOption, options: MigrationOptions): boolean {
  const value = options[key];
  return kind === 'flag'
    ? value === true
    : kind === 'set'
      ? options.compressionMethods.length > 0
      : value !== undefined;
}

/** What is chosen of an option that has choices. */
export function chosenOf(option: MigrationOption, options: MigrationOptions): readonly Choice<string>[] {
  switch (option.kind) {
    case 'flag':
    case 'number':
      return [];
    case 'set':
      return option.choices.filter(({ value }) => options.compressionMethods.includes(value));
    case 'choice':
      return option.choices.filter(({ value }: Choice<string>) => options[option.key] === value);
  }
}

/** Which of the chosen options contradict each other, a sentence each. */
export function contradictionsOf(options: MigrationOptions): readonly string[] {
  const found: string[] = [];
  for (const option of migrationOptions) {
    if (!isChosen(option, options)) continue;
    for (const { dependsOn } of [option, ...chosenOf(option, options)]) {
      if (dependsOn !== undefined && !dependsOn.met(options)) found.push(dependsOn.why);
    }
  }
  if (options.zeroCopy && options.compressionMethods.length > 0) found.push('Zero-copy does not go with compression.');
  return found;
}

/** A number as it is typed, with or without its unit, or why it can't be taken. Speeds may be `1 GiB/s` or `unlimited`. */
export function readNumber(
  option: Pick<NumberOption, 'unit' | 'min' | 'max' | 'powerOfTwo'>,
  input: string | number,
): Checked {
  if (option.unit === 'MiB/s') return parseSpeedMiBps(input);
  const { unit, min, max, powerOfTwo } = option;
  const text = String(input).trim();
  const help = `Give a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}.`;
  const refuse = (why: string): Checked => ({
    ok: false,
    message: text === '' ? help : `"${text.slice(0, 40)}" ${why}. ${help}`,
  });
  const [, digits, written = ''] = /^([+-]?\d[\d_]*(?:\.\d+)?)\s*([a-z%/]*)$/i.exec(text) ?? [];
  if (digits === undefined) return refuse('is no number');
  if (written !== '' && written !== unit) return refuse(`has the unit "${written}"`);
  const value = Number(digits.replaceAll('_', ''));
  if (value < 0) return refuse('is negative');
  if (!Number.isInteger(value)) return refuse('is no whole number');
  if (value < min) return refuse('is too small');
  if (value > max) return refuse('is too large');
  if (powerOfTwo === true && !Number.isInteger(Math.log2(value))) return refuse('is no power of two, as QEMU wants it');
  return { ok: true, value };
}

/** The number options, by their keys. */
function numberOption(key: NumberKey): NumberOption {
  const option = migrationOptions.find((candidate) => candidate.key === key);
  if (option?.kind !== 'number') throw new Error(`${key} is no number of the table`);
  return option;
}

const flag = (key: FlagKey): v.GenericSchema<unknown, boolean> => v.boolean(`${key} must be true or false`);

const number = (key: NumberKey): v.GenericSchema<unknown, number> =>
  v.pipe(
    v.union([v.number(), v.string()], `${key} must be a number`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const read = readNumber(numberOption(key), dataset.value);
      if (read.ok) return read.value;
      addIssue({ message: `${key}: ${read.message.replace(/\.$/, '')}` });
      return NEVER;
    }),
  );

const schema = v.strictObject({
  live: v.exactOptional(flag('live')),
  p2p: v.exactOptional(flag('p2p')),
  persistent: v.exactOptional(flag('persistent')),
  undefineSource: v.exactOptional(flag('undefineSource')),
  autoConverge: v.exactOptional(flag('autoConverge')),
  autoConvergeInitialPercent: v.exactOptional(number('autoConvergeInitialPercent')),
  autoConvergeIncrementPercent: v.exactOptional(number('autoConvergeIncrementPercent')),
  postcopy: v.exactOptional(flag('postcopy')),
  postcopyBandwidthMiBps: v.exactOptional(number('postcopyBandwidthMiBps')),
  compressionMethods: v.exactOptional(
    v.pipe(
      v.array(
        v.picklist(['xbzrle', 'mt', 'zlib', 'zstd'], 'compressionMethods may hold xbzrle, mt, zlib and zstd'),
        'compressionMethods must be a list',
      ),
      v.transform((methods) => [...new Set(methods)]),
    ),
  ),
  xbzrleCacheMiB: v.exactOptional(number('xbzrleCacheMiB')),
  parallelConnections: v.exactOptional(number('parallelConnections')),
  bandwidthMiBps: v.exactOptional(number('bandwidthMiBps')),
  storage: v.exactOptional(
    v.picklist(['shared', 'copyAll', 'copyIncremental'], 'storage must be shared, copyAll or copyIncremental'),
  ),
  tls: v.exactOptional(flag('tls')),
  zeroCopy: v.exactOptional(flag('zeroCopy')),
  timeoutSeconds: v.exactOptional(number('timeoutSeconds')),
  timeoutAction: v.exactOptional(v.picklist(['suspend', 'postcopy'], 'timeoutAction must be suspend or postcopy')),
});

/**
 * Options as settings, arguments or a page give them: what is left out is as in `base`. Numbers may come as text with their
 * unit. Throws a `UserError` that names each key that can't be taken; whether they contradict each other is not its question.
 */
export function readOptions(raw: unknown, base: MigrationOptions = defaultOptions(true)): MigrationOptions {
  // To the schema a list is an object that holds nothing.
  if (Array.isArray(raw)) throw new UserError('Migration options: they must be an object.');
  const parsed = v.safeParse(schema, raw ?? {});
  if (parsed.success) return { ...base, ...parsed.output };
  throw new UserError(`Migration options: ${parsed.issues.map((issue) => wordsOf(issue)).join('; ')}.`);
}

function wordsOf(issue: v.InferIssue<typeof schema>): string {
  if (issue.type !== 'strict_object') return issue.message;
  const key = v.getDotPath(issue);
  if (key === null) return 'they must be an object';
  const meant = likest(key);
  return `"${cleanLabel(key, 60)}" is none of them${meant === undefined ? '' : `, "${meant}" is`}`;
}

/** The option that a misspelt key means: the one that it shares the longest beginning with, if that is long enough to say. */
function likest(key: string): string | undefined {
  const shared = (other: string): number => {
    let length = 0;
    while (length < key.length && key[length]?.toLowerCase() === other[length]?.toLowerCase()) length += 1;
    return length;
  };
  const [best] = Object.keys(schema.entries).sort((a, b) => shared(b) - shared(a));
  return best !== undefined && shared(best) >= 4 ? best : undefined;
}
