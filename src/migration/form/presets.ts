import { cleanLabel } from '../../base/cleanText.js';
import { messageOf, UserError } from '../../base/errors.js';
import type { MigrationOptions } from '../start/model.js';
import { readOptions } from '../start/options.js';

/** A named set of options; what it does not name is as libvirt has it. */
export interface Preset {
  readonly name: string;
  /** What it makes of the defaults for a domain. */
  apply(defaults: MigrationOptions): MigrationOptions;
}

export interface Presets {
  readonly all: readonly Preset[];
  /** What can't be used of the setting, a sentence each. */
  readonly problems: readonly string[];
}

/** One connection keeps one core busy; four are what a link of 40 Gbit/s asks for. */
const fastConnections = 4;
/** A name is an entry of a list. */
const nameLimit = 60;

/** Those that need no setting. One of the same name in the setting stands in its place. */
export const builtInPresets: readonly Preset[] = [
  preset('Plain', {}),
  preset('Careful', { autoConverge: true }),
  preset('Busy guest', { autoConverge: true, postcopy: true }),
  preset('Fast link', { parallelConnections: fastConnections }),
];

function preset(name: string, options: Partial<MigrationOptions>): Preset {
  return { name, apply: (defaults) => ({ ...defaults, ...options }) };
}

/** Reads the setting `libvirt.migrate.presets`, entry by entry: one that can't be used hides none of the others. */
export function readPresets(raw: unknown): Presets {
  if (raw === undefined || raw === null) return { all: builtInPresets, problems: [] };
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    return { all: builtInPresets, problems: ['libvirt.migrate.presets must be an object of presets by name.'] };
  }
  const all = new Map(builtInPresets.map((builtIn) => [builtIn.name, builtIn]));
  const problems: string[] = [];
  for (const [written, options] of Object.entries(raw)) {
    const name = written.trim();
    const where = `libvirt.migrate.presets, "${cleanLabel(name, nameLimit)}"`;
    const problem = presetNameProblem(name) ?? optionsProblem(options);
    if (problem === undefined) all.set(name, { name, apply: (defaults) => readOptions(options, defaults) });
    else problems.push(`${where}: ${problem}`);
  }
  return { all: [...all.values()], problems };
}

/** The preset of that name; undefined for none. Throws a `UserError` where there is no such preset. */
export function presetNamed(name: string | undefined, presets: readonly Preset[]): Preset | undefined {
  if (name === undefined) return undefined;
  const found = presets.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const names = presets.map((preset) => `"${cleanLabel(preset.name, nameLimit)}"`).join(', ');
  throw new UserError(`There is no preset "${cleanLabel(name, nameLimit)}".`, `There are ${names}.`);
}

/** Why `name` can't be a preset's; undefined when it can. */
export function presetNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'A preset needs a name.';
  if (name.trim().length > nameLimit) return `A name has at most ${nameLimit} characters.`;
  return /\p{Cc}/u.test(name) ? 'A name holds no control characters.' : undefined;
}

/** What an entry of the setting is to hold so that it gives these options: only what differs from the defaults. */
export function presetEntry(options: MigrationOptions, defaults: MigrationOptions): Partial<MigrationOptions> {
  const differs = (key: string): boolean =>
    JSON.stringify(valueOf(options, key)) !== JSON.stringify(valueOf(defaults, key));
  return Object.fromEntries(Object.entries(options).filter(([key]) => differs(key)));
}

function valueOf(options: object, key: string): unknown {
  return Object.entries(options).find(([name]) => name === key)?.[1];
}

function optionsProblem(options: unknown): string | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return 'it must be an object of options.';
  try {
    readOptions(options);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
