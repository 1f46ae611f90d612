import { UserError } from '../base/errors.js';
import type { VirshCommand } from './command.js';
import type { DomainDescription, StateAndReason } from './domain.js';
import type { JobInfo } from './jobInfo.js';
import { parseDomainState } from './parseDomainState.js';
import { parseDomainXml } from './parseDomainXml.js';
import { parseJobInfo } from './parseJobInfo.js';

/** A sample answers in milliseconds; one that takes this long hangs, and must not hold up other domains' samples. */
const sampleTimeoutMs = 10_000;
/** libvirt itself waits 30 s for a domain's lock and then says so; its own words are better than ours. */
const actionTimeoutMs = 40_000;
const slowTimeoutMs = 40_000;

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Parse<T> = VirshCommand<T>['parse'];

const slow = <T>(args: readonly string[], parse: Parse<T>): VirshCommand<T> => ({
  args,
  lane: 'slow',
  timeoutMs: slowTimeoutMs,
  parse,
});

/** The same command among the samples of a domain, where it may not hold up the others. */
export function asSample<T>(command: VirshCommand<T>, uuid: string): VirshCommand<T> {
  return { ...command, lane: 'sample', domain: uuid, timeoutMs: sampleTimeoutMs };
}

const sample = <T>(args: readonly string[], uuid: string, parse: Parse<T>): VirshCommand<T> =>
  asSample(slow(args, parse), uuid);

const action = (args: readonly string[]): VirshCommand<void> => ({
  args,
  lane: 'action',
  timeoutMs: actionTimeoutMs,
  parse: () => undefined,
});

/** The version of the libvirt that answers, `9.0.0`; undefined where it prints none. */
export function version(): VirshCommand<string | undefined> {
  return slow(['version'], ({ stdout }) => /Using library: libvirt ([\d.]+)/.exec(stdout)?.[1]);
}

/** The options that this virsh has for a command; empty for a command that it lacks. */
export function helpOptions(command: string): VirshCommand<ReadonlySet<string>> {
  return slow(['help', command], ({ stdout }) => new Set(stdout.match(/(?<=[\s[(])--[a-z][a-z0-9-]*/g) ?? []));
}

/** Every domain, running or not. */
export function listUuids(): VirshCommand<readonly string[]> {
  return slow(['list', '--all', '--uuid'], ({ stdout }) =>
    stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => uuidPattern.test(line)),
  );
}

export function domainXml(uuid: string): VirshCommand<DomainDescription> {
  return slow(['dumpxml', uuid], ({ stdout }) => parseDomainXml(stdout));
}

export function domainState(uuid: string): VirshCommand<StateAndReason> {
  return sample(['domstate', '--reason', uuid], uuid, ({ stdout }) => parseDomainState(stdout));
}

/** The running job. `raw` where this virsh has --rawstats: exact numbers instead of three decimals. */
export function jobInfo(uuid: string, { raw }: { readonly raw: boolean }): VirshCommand<JobInfo> {
  return sample(['domjobinfo', ...(raw ? ['--rawstats'] : []), uuid], uuid, ({ stdout }) => parseJobInfo(stdout));
}

/** The finished job (since 1.2.9). Without `keep` (since 6.0.0) reading it destroys it. */
export function completedJobInfo(
  uuid: string,
  { raw, keep }: { readonly raw: boolean; readonly keep: boolean },
): VirshCommand<JobInfo> {
  const options = ['--completed', ...(keep ? ['--keep-completed'] : []), ...(raw ? ['--rawstats'] : [])];
  return sample(['domjobinfo', ...options, uuid], uuid, ({ stdout }) => parseJobInfo(stdout));
}

/** The speed limit in MiB/s (since 0.9.5); 8796093022207 where none is set. */
export function getSpeed(uuid: string): VirshCommand<number> {
  return sample(['migrate-getspeed', uuid], uuid, ({ stdout }) => wholeNumber(stdout, 'migrate-getspeed'));
}

export function setSpeed(uuid: string, speedMiBps: number): VirshCommand<void> {
  return action(['migrate-setspeed', uuid, digits(speedMiBps)]);
}

/** The speed limit of post-copy in MiB/s (since 5.1.0), which is one of its own; 0 where none is set. */
export function getPostcopySpeed(uuid: string): VirshCommand<number> {
  return sample(['migrate-getspeed', uuid, '--postcopy'], uuid, ({ stdout }) =>
    wholeNumber(stdout, 'migrate-getspeed --postcopy'),
  );
}

export function setPostcopySpeed(uuid: string, speedMiBps: number): VirshCommand<void> {
  return action(['migrate-setspeed', uuid, digits(speedMiBps), '--postcopy']);
}

/** The allowed downtime in ms (since 3.7.0). */
export function getMaxDowntime(uuid: string): VirshCommand<number> {
  return sample(['migrate-getmaxdowntime', uuid], uuid, ({ stdout }) => wholeNumber(stdout, 'migrate-getmaxdowntime'));
}

export function setMaxDowntime(uuid: string, downtimeMs: number): VirshCommand<void> {
  return action(['migrate-setmaxdowntime', uuid, digits(downtimeMs)]);
}

export function suspendDomain(uuid: string): VirshCommand<void> {
  return action(['suspend', uuid]);
}

/** Blocks while the domain migrates: libvirt wants its MODIFY job for it. */
export function resumeDomain(uuid: string): VirshCommand<void> {
  return action(['resume', uuid]);
}

export function startPostcopy(uuid: string): VirshCommand<void> {
  return action(['migrate-postcopy', uuid]);
}

export function abortJob(uuid: string): VirshCommand<void> {
  return action(['domjobabort', uuid]);
}

/** Breaks a post-copy off (since 8.5.0): the guest stops, half on each host, until its migration is resumed. */
export function interruptPostcopy(uuid: string): VirshCommand<void> {
  return action(['domjobabort', '--postcopy', uuid]);
}

/** The cache of the XBZRLE compression, in bytes. virsh prints it as `64.000 MiB`, three decimals of a binary unit. */
export function getCompressionCache(uuid: string): VirshCommand<number> {
  return sample(['migrate-compcache', uuid], uuid, ({ stdout }) => cacheBytes(stdout));
}

export function setCompressionCache(uuid: string, bytes: number): VirshCommand<void> {
  return action(['migrate-compcache', uuid, '--size', digits(bytes)]);
}

/** Whether the host keeps the domain's definition when it is off. */
export function isPersistent(uuid: string): VirshCommand<boolean> {
  return slow(['dominfo', uuid], ({ stdout }) => /^Persistent:\s+yes\s*$/m.test(stdout));
}

/** How a machine names itself to libvirt: two entries of the tree that are one machine have one. Undefined where it tells none. */
export function hostUuid(): VirshCommand<string | undefined> {
  return slow(['capabilities'], ({ stdout }) => /<host>\s*<uuid>([0-9a-f-]{36})<\/uuid>/i.exec(stdout)?.[1]);
}

/** bounds.ts explains itself to a user; this is the last door, for a number from anywhere. */
function digits(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new UserError(`Not sent to virsh: ${value} is no whole number.`);
  return String(value);
}

const binaryUnits: readonly string[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function cacheBytes(stdout: string): number {
  const match = /^Compression cache: (\d+(?:\.\d+)?) ([KMGT]iB|B)$/.exec(stdout.trim());
  const exponent = binaryUnits.indexOf(match?.[2] ?? '');
  if (match?.[1] === undefined || exponent < 0) {
    throw new UserError(`migrate-compcache answered "${stdout.trim().slice(0, 80)}", not a size.`);
  }
  return Math.round(Number(match[1]) * 1024 ** exponent);
}

function wholeNumber(stdout: string, command: string): number {
  const text = stdout.trim();
  if (!/^\d{1,20}$/.test(text)) throw new UserError(`${command} answered "${text.slice(0, 80)}", not a number.`);
  return Number(text);
}
