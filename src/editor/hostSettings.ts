import * as v from 'valibot';
import { cleanLabel } from '../base/cleanText.js';
import { fullMessageOf, UserError } from '../base/errors.js';
import type { HostConfig } from '../hypervisor/model.js';
import { parseDestination } from '../ssh/destination.js';

/** What `libvirt.hosts` holds, read entry by entry: one that can't be used hides none of the others. */
export interface ParsedHosts {
  readonly hosts: readonly HostConfig[];
  /** One sentence an entry that can't be used: which, and why. */
  readonly problems: readonly string[];
}

/** An entry as it is written to the settings: only what differs from the defaults. */
export interface HostEntry {
  readonly name: string;
  readonly destination: string;
  readonly uri?: string;
  readonly virsh?: string;
  readonly readOnly?: boolean;
  readonly group?: string;
}

const defaultUri = 'qemu:///system';
const defaultVirsh = 'virsh';

/** A name is a label, and a key: the tree, the journal and every argument call the host by it. */
const nameLimit = 100;

const line = (what: string): v.GenericSchema<unknown, string> =>
  v.pipe(
    v.string(`${what} must be a text`),
    v.trim(),
    v.nonEmpty(`${what} must not be empty`),
    v.check((text) => !/\p{Cc}/u.test(text), `${what} must not hold control characters`),
  );

const nameSchema = v.pipe(line('name'), v.maxLength(nameLimit, `name must not be longer than ${nameLimit} characters`));
const destinationSchema = v.pipe(
  line('destination'),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? destinationProblem(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
);

const entrySchema = v.object(
  {
    name: nameSchema,
    destination: destinationSchema,
    uri: v.optional(line('uri')),
    virsh: v.optional(line('virsh'), defaultVirsh),
    readOnly: v.optional(v.boolean('readOnly must be true or false'), false),
    group: v.optional(v.pipe(v.string('group must be a text'), v.trim())),
  },
  'it must be an object that has a name and a destination',
);

/** Reads the setting as it stands in a file that anyone may have written by hand. */
export function parseHosts(raw: unknown): ParsedHosts {
  if (raw === undefined || raw === null) return { hosts: [], problems: [] };
  if (!Array.isArray(raw)) return { hosts: [], problems: ['libvirt.hosts must be a list of hosts.'] };
  const hosts: HostConfig[] = [];
  const problems: string[] = [];
  raw.forEach((entry: unknown, index) => {
    const where = `libvirt.hosts, entry ${index + 1}${nameHint(entry)}`;
    const parsed = v.safeParse(entrySchema, entry);
    if (!parsed.success) {
      problems.push(`${where}: ${parsed.issues.map((issue) => withoutStop(issue.message)).join('; ')}.`);
      return;
    }
    const { group, uri, ...rest } = parsed.output;
    if (hosts.some((host) => host.name === rest.name)) {
      problems.push(`${where}: another host before it has this name.`);
      return;
    }
    const asked = parseDestination(rest.destination).uri;
    hosts.push({ ...rest, uri: uri ?? asked ?? defaultUri, group: group === '' ? undefined : group });
  });
  return { hosts, problems };
}

/** The setting with one more entry; what was there stays as it was, understood or not. */
export function withHost(raw: unknown, entry: HostEntry): unknown[] {
  return [...listOf(raw), entry];
}

/** The setting without the host of this name. */
export function withoutHost(raw: unknown, name: string): unknown[] {
  let removed = false;
  return listOf(raw).filter((entry) => {
    // Only the first is the host of the tree: one after it with the same name is not understood, and stays.
    if (removed || nameOf(entry) !== name) return true;
    removed = true;
    return false;
  });
}

/** Why ssh can't go there; undefined when the text is a destination. */
export function destinationProblem(destination: string): string | undefined {
  try {
    parseDestination(destination);
    return undefined;
  } catch (error) {
    return fullMessageOf(error);
  }
}

/** Why `name` can't be a new host's; undefined when it can. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  const parsed = v.safeParse(nameSchema, name);
  if (!parsed.success) return sentence(parsed.issues[0].message);
  return taken.includes(parsed.output) ? `There is a host "${cleanLabel(parsed.output)}" already.` : undefined;
}

function listOf(raw: unknown): unknown[] {
  if (raw === undefined || raw === null) return [];
  if (Array.isArray(raw)) return [...(raw as unknown[])];
  throw new UserError(
    'The setting libvirt.hosts is not a list, so it was left as it is.',
    'Correct it in the settings.',
  );
}

function nameOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || !('name' in entry)) return undefined;
  return typeof entry.name === 'string' ? entry.name.trim() : undefined;
}

function nameHint(entry: unknown): string {
  const name = nameOf(entry);
  return name === undefined || name === '' ? '' : ` ("${cleanLabel(name, 60)}")`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/u, '');
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
