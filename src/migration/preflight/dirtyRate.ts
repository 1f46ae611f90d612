import { UserError } from '../../base/errors.js';
import type { Hypervisor } from '../../hypervisor/model.js';
import { domainState, helpOptions, jobInfo } from '../../virsh/commands.js';
import { domainFigures, measureDirtyRate } from '../../virsh/hostCommands.js';

/** QEMU measures for a second, and then some on a busy host; it tells nobody when it is done. */
const measuringLimitMs = 8000;
const lookEveryMs = 300;

/** Measurements under way, by host and domain: a migration waits for that of its guest. */
const underWay = new WeakMap<Hypervisor, Map<string, Promise<unknown>>>();

/** A measurement older than this tells of another load. */
const freshMs = 10 * 60_000;

interface Measured {
  readonly bytesPerSecond: number;
  readonly atMs: number;
}

/** The last measurements, by host and domain: the forecast rests on them until it knows better. */
const measured = new WeakMap<Hypervisor, Map<string, Measured>>();

/** What this window measured of the guest within the last minutes. */
export function measuredLately(host: Hypervisor, uuid: string): number | undefined {
  const last = measured.get(host)?.get(uuid);
  return last !== undefined && Date.now() - last.atMs <= freshMs ? last.bytesPerSecond : undefined;
}

/** Resolves once nobody measures what this guest writes. Never rejects, and within some seconds. */
export async function measuredOut(host: Hypervisor, uuid: string): Promise<void> {
  await underWay
    .get(host)
    ?.get(uuid)
    ?.catch(() => undefined);
}

/**
 * What the guest writes, measured for a second; nothing while it does not run. Rejects with a `UserError` where that can't be measured. A domain with a job is
 * left alone: the measurement would wait for the job, and fail. One that has begun can't be stopped; with `signal` none is begun.
 */
export async function dirtyRateOf(host: Hypervisor, uuid: string, signal?: AbortSignal): Promise<number> {
  if (host.config.readOnly) throw new UserError(`${host.config.name} is read-only, which allows no measurement`);
  const { state } = await host.run(domainState(uuid));
  if (state !== 'running') return 0;
  const [job, options] = await Promise.all([
    host.run(jobInfo(uuid, { raw: host.capabilities?.rawStats === true })),
    host.run(helpOptions('domdirtyrate-calc')),
  ]);
  if (options.size === 0) throw new UserError('this libvirt measures no dirty rate (since 7.2)');
  if (job.type !== 'none') throw new UserError('the domain has a job already, and is not measured meanwhile');
  if (signal?.aborted === true) throw new UserError('the pre-flight was given up');
  const here = underWay.get(host) ?? new Map<string, Promise<unknown>>();
  underWay.set(host, here);
  const measuring = measure(host, uuid);
  here.set(uuid, measuring);
  try {
    const bytesPerSecond = await measuring;
    const known = measured.get(host) ?? new Map<string, Measured>();
    measured.set(host, known.set(uuid, { bytesPerSecond, atMs: Date.now() }));
    return bytesPerSecond;
  } finally {
    if (here.get(uuid) === measuring) here.delete(uuid);
  }
}

async function measure(host: Hypervisor, uuid: string): Promise<number> {
  await host.run(measureDirtyRate(uuid));
  const deadlineMs = performance.now() + measuringLimitMs;
  for (;;) {
    const { dirtyBytesPerSecond, measuring } = await host.run(domainFigures(uuid, { dirtyRate: true }));
    if (dirtyBytesPerSecond !== undefined) return dirtyBytesPerSecond;
    if (!measuring) throw new UserError('QEMU measured no dirty rate');
    if (performance.now() > deadlineMs)
      throw new UserError(`QEMU did not end to measure within ${measuringLimitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
