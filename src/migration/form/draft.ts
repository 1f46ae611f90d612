import type { CompressionMethod, MigrationOptions, StorageMode, TimeoutAction } from '../start/model.js';
import {
  type Choice,
  contradictionsOf,
  type Dependency,
  type FlagKey,
  isOffered,
  type MigrationOption,
  migrationOptions,
  type NumberKey,
  readNumber,
} from '../start/options.js';

/** The options as the fields of a form hold them: numbers as they are typed, all of it kept while a field is out of sight. */
export interface OptionDraft {
  readonly flags: Readonly<Record<FlagKey, boolean>>;
  readonly numbers: Readonly<Partial<Record<NumberKey, string>>>;
  readonly compressionMethods: readonly CompressionMethod[];
  readonly storage: StorageMode;
  readonly timeoutAction: TimeoutAction;
}

/** What a draft means on a host. */
export interface ReadDraft {
  /** What would be sent; what the host lacks, or what depends on something that is off, is not in it. */
  readonly options: MigrationOptions;
  /** What the host has, with those of its choices that make sense now. */
  readonly shown: readonly ShownOption[];
  /** Labels of what is wanted but the host lacks. */
  readonly lacking: readonly string[];
  /** Contradictions that belong to no single field, a sentence each. */
  readonly contradictions: readonly string[];
  readonly hasProblems: boolean;
}

export interface ShownOption {
  readonly option: MigrationOption;
  readonly choices: readonly Choice<string>[];
  /** Why it can't be sent as it is. */
  readonly problem: string | undefined;
}

export function draftOf(options: MigrationOptions): OptionDraft {
  const { live, p2p, persistent, undefineSource, autoConverge, postcopy, tls, zeroCopy } = options;
  const numbers: Partial<Record<NumberKey, string>> = {};
  for (const option of migrationOptions) {
    const value = option.kind === 'number' ? options[option.key] : undefined;
    if (option.kind === 'number' && value !== undefined) numbers[option.key] = String(value);
  }
  return {
    flags: { live, p2p, persistent, undefineSource, autoConverge, postcopy, tls, zeroCopy },
    numbers,
    compressionMethods: options.compressionMethods,
    storage: options.storage,
    timeoutAction: options.timeoutAction ?? 'suspend',
  };
}

/** The draft with what is given; what is not given stays. */
export function withOptions(draft: OptionDraft, given: Partial<MigrationOptions>): OptionDraft {
  const flags = { ...draft.flags };
  const numbers = { ...draft.numbers };
  for (const option of migrationOptions) {
    if (option.kind === 'flag') flags[option.key] = given[option.key] ?? flags[option.key];
    // A number that is given as undefined is taken away.
    else if (option.kind === 'number' && option.key in given) numbers[option.key] = textOf(given[option.key]);
  }
  return {
    flags,
    numbers,
    compressionMethods: given.compressionMethods ?? draft.compressionMethods,
    storage: given.storage ?? draft.storage,
    timeoutAction: given.timeoutAction ?? draft.timeoutAction,
  };
}

/** What `draft` means where virsh has `migrateOptions`. */
export function readDraft(draft: OptionDraft, migrateOptions: ReadonlySet<string>): ReadDraft {
  const numbers = readNumbers(draft, migrateOptions);
  const options = onlyMet(offeredOf(draft, numbers.values, migrateOptions));
  const shown: ShownOption[] = [];
  const lacking: string[] = [];
  const told = new Set<string>();
  for (const option of migrationOptions) {
    if (!isOffered(option, migrateOptions)) {
      if (isWanted(option, draft)) lacking.push(option.label);
      continue;
    }
    const choices = 'choices' in option ? choicesOf(option, draft, options, migrateOptions) : undefined;
    lacking.push(...(choices?.lacking ?? []));
    const wanted = isWanted(option, draft);
    const unmet = option.dependsOn !== undefined && !option.dependsOn.met(options) ? option.dependsOn : undefined;
    // A flag that is on says why it can't be; a number or a choice that refines what is off has nothing to say.
    if (unmet !== undefined && !(option.kind === 'flag' && wanted)) continue;
    if (option.kind === 'set' && choices?.offered.length === 0) continue;
    const problem =
      unmet?.why ?? choices?.problem ?? (option.kind === 'number' ? numbers.problems[option.key] : undefined);
    if (problem !== undefined) told.add(problem);
    shown.push({ option, choices: choices?.offered ?? [], problem });
  }
  const contradictions = contradictionsOf(options).filter((sentence) => !told.has(sentence));
  return { options, shown, lacking, contradictions, hasProblems: told.size + contradictions.length > 0 };
}

interface ReadNumbers {
  readonly values: Partial<Record<NumberKey, number>>;
  readonly problems: Partial<Record<NumberKey, string>>;
}

function readNumbers(draft: OptionDraft, migrateOptions: ReadonlySet<string>): ReadNumbers {
  const values: Partial<Record<NumberKey, number>> = {};
  const problems: Partial<Record<NumberKey, string>> = {};
  for (const option of migrationOptions) {
    if (option.kind !== 'number' || !isOffered(option, migrateOptions)) continue;
    const text = draft.numbers[option.key]?.trim() ?? '';
    if (text === '') continue;
    const read = readNumber(option, text);
    if (read.ok) values[option.key] = read.value;
    else problems[option.key] = read.message;
  }
  return { values, problems };
}

function offeredOf(
  draft: OptionDraft,
  numbers: Partial<Record<NumberKey, number>>,
  migrateOptions: ReadonlySet<string>,
): MigrationOptions {
  const flags = { ...draft.flags };
  let { compressionMethods, storage, timeoutAction } = draft;
  for (const option of migrationOptions) {
    const has = isOffered(option, migrateOptions);
    const hasChoice = (value: string): boolean =>
      has &&
      'choices' in option &&
      option.choices.some((choice: Choice<string>) => choice.value === value && isOffered(choice, migrateOptions));
    if (option.kind === 'flag') flags[option.key] = flags[option.key] && has;
    else if (option.kind === 'set') compressionMethods = compressionMethods.filter(hasChoice);
    else if (option.key === 'storage') storage = hasChoice(storage) ? storage : 'shared';
    else if (option.key === 'timeoutAction') timeoutAction = hasChoice(timeoutAction) ? timeoutAction : 'suspend';
  }
  return { ...flags, ...numbers, compressionMethods, storage, timeoutAction };
}

/** Without the numbers and choices that refine what is off. */
function onlyMet(options: MigrationOptions): MigrationOptions {
  const met: { -readonly [Key in keyof MigrationOptions]: MigrationOptions[Key] } = { ...options };
  // In order: what depends on a number that goes, goes after it.
  for (const { kind, key, dependsOn } of migrationOptions) {
    if (dependsOn === undefined || dependsOn.met(met)) continue;
    if (kind === 'number' || key === 'timeoutAction') Reflect.deleteProperty(met, key);
  }
  return met;
}

interface ReadChoices {
  readonly offered: readonly Choice<string>[];
  readonly lacking: readonly string[];
  readonly problem: string | undefined;
}

function choicesOf(
  option: Extract<MigrationOption, { choices: unknown }>,
  draft: OptionDraft,
  options: MigrationOptions,
  migrateOptions: ReadonlySet<string>,
): ReadChoices {
  const wanted = (value: string): boolean =>
    option.kind === 'set' ? draft.compressionMethods.some((method) => method === value) : draft[option.key] === value;
  const all: readonly Choice<string>[] = option.choices;
  const isUnmet = (dependsOn: Dependency | undefined): boolean => dependsOn !== undefined && !dependsOn.met(options);
  const had = all.filter((choice) => isOffered(choice, migrateOptions));
  return {
    offered: had.filter(({ value, dependsOn }) => wanted(value) || !isUnmet(dependsOn)),
    lacking: all.filter((choice) => wanted(choice.value) && !had.includes(choice)).map(({ label }) => label),
    problem: had.find(({ value, dependsOn }) => wanted(value) && isUnmet(dependsOn))?.dependsOn?.why,
  };
}

/** Whether anything else than libvirt's own way is asked for. */
function isWanted(option: MigrationOption, draft: OptionDraft): boolean {
  switch (option.kind) {
    case 'flag':
      return draft.flags[option.key];
    case 'number':
      return (draft.numbers[option.key]?.trim() ?? '') !== '';
    case 'set':
      return draft.compressionMethods.length > 0;
    case 'choice':
      return option.key === 'storage' ? draft.storage !== 'shared' : draft.timeoutAction !== 'suspend';
  }
}

function textOf(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}
