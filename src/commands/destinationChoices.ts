import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { destinationProblem } from '../editor/hostSettings.js';
import type { SshAlias } from '../ssh/aliases.js';
import { parseDestination } from '../ssh/destination.js';

/** One row below the box: an alias, or what was typed. */
export interface DestinationChoice {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** Shown whatever is typed. */
  readonly alwaysShow?: boolean;
  /** Undefined for one that only says something. */
  readonly destination: string | undefined;
}

/**
 * The rows for what stands in the box: first that itself, or what is wrong with it, then the aliases. `taken` are the
 * destinations of the hosts that are in the tree already; their aliases are left out.
 */
export function destinationChoices(
  typed: string,
  aliases: readonly SshAlias[],
  taken: readonly string[],
): DestinationChoice[] {
  const hosts = new Set(taken.map(hostOf));
  const offered = aliases.filter(({ name }) => !hosts.has(name)).map(aliasChoice);
  const text = typed.trim();
  if (text === '') return offered.length > 0 ? offered : [saying('Type where the host is.')];
  return offered.some(({ destination }) => destination === text) ? offered : [typedChoice(text), ...offered];
}

function typedChoice(text: string): DestinationChoice {
  const problem = destinationProblem(text);
  if (problem !== undefined) return saying(escapeIcons(cleanLabel(text)), cleanLabel(problem));
  const notes = parseDestination(text).notes.join(' ');
  return {
    label: escapeIcons(cleanLabel(text)),
    description: 'as typed',
    ...(notes === '' ? {} : { detail: cleanLabel(notes) }),
    alwaysShow: true,
    destination: text,
  };
}

function aliasChoice({ name, hostName, user }: SshAlias): DestinationChoice {
  const where = hostName === name ? undefined : hostName;
  const description = user === undefined ? where : `${user}@${where ?? name}`;
  return {
    label: escapeIcons(cleanLabel(name)),
    ...(description === undefined ? {} : { description: escapeIcons(cleanLabel(description)) }),
    destination: name,
  };
}

function saying(label: string, detail?: string): DestinationChoice {
  return { label, ...(detail === undefined ? {} : { detail }), alwaysShow: true, destination: undefined };
}

/** The same host under another user or port is no other host. */
function hostOf(destination: string): string {
  try {
    return parseDestination(destination).host;
  } catch {
    return destination;
  }
}
