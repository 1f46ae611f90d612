import type { Hypervisor } from '../../hypervisor/model.js';
import { sameLoadMs } from '../readings.js';
import { domainFigures } from '../../virsh/hostCommands.js';

const lookEveryMs = 1000;
/** Of many virtual CPUs libvirt may tell much: such an answer is asked for again only after a second for each so many characters. */
const charactersPerSecond = 8_000;

/** A host that did not answer is asked again after this; one that is there, so often. */
const afterFailureMs = 5_000;
const mostFailures = 3;

/** The time that a guest's virtual CPUs had had, all of them together, so long ago. */
export interface EarlierVcpus {
  readonly agoMs: number;
  readonly vcpuMs: number;
}

interface Reading {
  /** By this machine's clock, which goes on while it sleeps. */
  readonly atMs: number;
  readonly vcpuMs: number;
}

/** By host, and by its guests' UUIDs; the latest last. */
const all = new WeakMap<Hypervisor, Map<string, readonly Reading[]>>();

/** For how long an answer of so many characters is not asked for again. */
export function restAfterMs(characters: number): number {
  return 1000 * Math.floor(characters / charactersPerSecond);
}

/** What this window read of the guest's virtual CPUs in the last minutes, the earliest first. */
export function vcpusLately(host: Hypervisor, uuid: string): readonly EarlierVcpus[] {
  const nowMs = Date.now();
  return (all.get(host)?.get(uuid) ?? [])
    .map(({ atMs, vcpuMs }) => ({ agoMs: nowMs - atMs, vcpuMs }))
    .filter(({ agoMs }) => agoMs <= sameLoadMs);
}

/** The guest is in another QEMU now, or in none. */
export function forgetVcpus(host: Hypervisor, uuid: string): void {
  all.get(host)?.delete(uuid);
}

/**
 * Looks at the guest's virtual CPUs until `signal` aborts: where they are busy and idle by turns, its migration's forecast knows that
 * from its first seconds on. Ends by itself where nothing tells of them. Never rejects: without it the forecast knows less, and the log
 * of commands says why.
 */
export async function watchVcpus(host: Hypervisor, uuid: string, signal: AbortSignal): Promise<void> {
  // Nor is a form that is left open looked after for longer.
  const untilMs = Date.now() + sameLoadMs;
  let failures = 0;
  while (!signal.aborted && Date.now() < untilMs && failures < mostFailures) {
    const figures = await host.run(domainFigures(uuid, ['vcpu'])).catch(() => undefined);
    if (figures !== undefined && figures.vcpuMs === undefined) return;
    if (figures !== undefined) failures = 0;
    else if (host.status.kind === 'connected') failures += 1;
    // One that stands still takes no turn by that.
    if (figures?.vcpuMs !== undefined && host.domains.get(uuid)?.state === 'running')
      keep(host, uuid, { atMs: Date.now(), vcpuMs: figures.vcpuMs });
    await pause(figures === undefined ? afterFailureMs : Math.max(lookEveryMs, restAfterMs(figures.length)), signal);
  }
}

function keep(host: Hypervisor, uuid: string, reading: Reading): void {
  const guests = all.get(host) ?? new Map<string, readonly Reading[]>();
  all.set(host, guests);
  const since = (guests.get(uuid) ?? []).filter(({ atMs }) => reading.atMs - atMs <= sameLoadMs);
  guests.set(uuid, [...since, reading]);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
