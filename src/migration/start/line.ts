import { UserError } from '../../base/errors.js';
import type { Capabilities, HostConfig } from '../../hypervisor/model.js';
import { parseDestination } from '../../ssh/destination.js';
import { shellQuote } from '../../virsh/quote.js';
import type { MigrationOptions, MigrationRequest } from './model.js';
import {
  chosenOf,
  contradictionsOf,
  isChosen,
  isOffered,
  type MigrationOption,
  migrationOptions,
  readNumber,
} from './options.js';
import { uriProblem, whereIs } from './uri.js';

const mebibyte = 2 ** 20;
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const resumeWord = '--postcopy-resume';

type Known = Pick<Capabilities, 'migrateOptions'>;

/**
 * The words of `virsh migrate`, the command itself first. Throws a `UserError` for an option that the source's virsh lacks,
 * or that contradicts another. What virsh is given is data: whoever passes it to a shell quotes it.
 */
export function migrateWords(request: MigrationRequest, capabilities: Known): readonly string[] {
  const [problem] = optionProblems(request.options, capabilities);
  if (problem !== undefined) throw new UserError(problem);
  const { domainUuid, destinationUri, migrationUri } = request;
  const words = migrationOptions.flatMap((option) => wordsOf(option, request.options));
  // No option of a form: it begins nothing, but goes on with what was interrupted.
  if (request.options.postcopyResume === true) words.push(resumeWord);
  // After `--` nothing is an option, whatever it begins with.
  return ['migrate', ...words, '--', domainUuid, destinationUri, ...(migrationUri === undefined ? [] : [migrationUri])];
}

/** The line as it could be typed in a shell on the source: the user's own virsh, libvirt's URI, and the words. */
export function typedLine(config: Pick<HostConfig, 'virsh' | 'uri'>, words: readonly string[]): string {
  return [config.virsh.trim(), '-c', shellQuote(config.uri), ...words.map(shellQuote)].join(' ');
}

/** Why a request can't be sent, a sentence each; empty when it can. `hosts`: those of the tree. */
export function problemsOf(
  request: MigrationRequest,
  capabilities: Known,
  hosts: readonly HostConfig[],
): readonly string[] {
  const { source, destination, destinationUri, migrationUri, options } = request;
  const problems: string[] = [];
  if (!uuidPattern.test(request.domainUuid)) problems.push('The domain must be given by its UUID.');
  const from = hosts.find(({ name }) => name === source);
  const to = hosts.find(({ name }) => name === destination);
  if (destination !== undefined && to === undefined && destination !== source) {
    problems.push(`There is no host "${destination}".`);
  }
  const destinationProblem = uriProblem(destinationUri, 'destination');
  if (destinationProblem !== undefined) problems.push(destinationProblem);
  else if (
    destination === source ||
    (from !== undefined && to !== undefined && isSameHost(from, to)) ||
    leadsTo(destinationUri, from)
  ) {
    problems.push(`The destination is the source itself: ${source}.`);
  }
  const migrationProblem = migrationUri === undefined ? undefined : uriProblem(migrationUri, 'migration');
  if (migrationProblem !== undefined) problems.push(migrationProblem);
  return [...problems, ...optionProblems(options, capabilities)];
}

/** What of the options can't be sent, a sentence each: what this virsh lacks, and what contradicts another. */
export function optionProblems(options: MigrationOptions, { migrateOptions }: Known): readonly string[] {
  const problems: string[] = [];
  if (options.postcopyResume === true && !migrateOptions.has(resumeWord)) {
    problems.push(lacking('Resume post-copy', [resumeWord], migrateOptions));
  }
  for (const option of migrationOptions) {
    if (!isChosen(option, options)) continue;
    if (!isOffered(option, migrateOptions)) problems.push(lacking(option.label, option.needs, migrateOptions));
    for (const choice of chosenOf(option, options)) {
      if (isOffered(option, migrateOptions) && !isOffered(choice, migrateOptions)) {
        problems.push(lacking(`${option.label}: ${choice.label}`, choice.needs, migrateOptions));
      }
    }
    if (option.kind === 'number') {
      const value = options[option.key];
      const read = value === undefined ? undefined : readNumber(option, value);
      if (read?.ok === false) problems.push(`${option.label}: ${read.message}`);
    }
  }
  return [...problems, ...contradictionsOf(options)];
}

function lacking(label: string, needs: readonly string[], migrateOptions: ReadonlySet<string>): string {
  const missing = needs.filter((word) => !migrateOptions.has(word));
  return `${label}: this libvirt's virsh migrate has no ${missing.join(', ')}.`;
}

function wordsOf(option: MigrationOption, options: MigrationOptions): readonly string[] {
  const [word = ''] = option.needs;
  switch (option.kind) {
    case 'flag':
      return options[option.key] ? [word] : [];
    case 'number': {
      const value = options[option.key];
      if (value === undefined) return [];
      // libvirt takes a number of connections only beside the flag that they are parallel.
      const before = option.key === 'parallelConnections' ? ['--parallel'] : [];
      // virsh takes the cache in bytes.
      return [...before, word, String(option.unit === 'MiB' ? value * mebibyte : value)];
    }
    case 'set': {
      const methods = options.compressionMethods;
      // The flag says that it is compressed, the methods how.
      return methods.length === 0 ? [] : ['--compressed', '--comp-methods', methods.join(',')];
    }
    case 'choice':
      return choiceWords(options, option.key);
  }
}

function choiceWords(options: MigrationOptions, key: 'storage' | 'timeoutAction'): readonly string[] {
  if (key === 'storage') {
    return { shared: [], copyAll: ['--copy-storage-all'], copyIncremental: ['--copy-storage-inc'] }[options.storage];
  }
  // To suspend is what virsh does unless told otherwise, and all that an old one can.
  return options.timeoutAction === 'postcopy' ? ['--timeout-postcopy'] : [];
}

function isSameHost(a: HostConfig, b: HostConfig): boolean {
  return a.destination === b.destination && a.uri === b.uri;
}

/** Whether libvirt's URI leads back to the host on which it is used. One with a port of its own may be a tunnel. */
function leadsTo(uri: string, from: HostConfig | undefined): boolean {
  const { host, port, socket } = whereIs(uri);
  if (socket) return false;
  if (host === '') return true;
  if (port !== undefined) return false;
  if (/^(localhost|127(\.\d+){3}|::1)$/i.test(host)) return true;
  return [from?.name, sshHostOf(from)].some((name) => name?.toLowerCase() === host.toLowerCase());
}

/** How ssh calls a host from here; undefined for a destination that is none. */
function sshHostOf(host: HostConfig | undefined): string | undefined {
  try {
    return host === undefined ? undefined : parseDestination(host.destination).host;
  } catch {
    return undefined;
  }
}
