import { messageOf, UserError } from '../../base/errors.js';
import type { Hypervisor } from '../../hypervisor/model.js';
import { domainState, helpOptions, jobInfo } from '../../virsh/commands.js';
import { type DomainFigures, domainFigures, measureDirtyRate } from '../../virsh/hostCommands.js';
import type { MeasuredSpan } from '../model.js';
import { sameLoadMs } from '../readings.js';
import { mostTakenBytes, takeMemory } from './measuringMemory.js';
import { forgetVcpus } from './vcpuWatch.js';

/** QEMU measures for so long, and then some on a busy host; it tells nobody when it is done. */
const measuringLimitMs = 8000;
const lookEveryMs = 300;
/** In so many looks all pages have been read, also on a busy host. */
const beginningLooks = 4;
/** Each try while QEMU measures for somebody else is a line in the log. */
const othersEveryMs = 900;
/**
 * For so long it is measured after the first second, one after the other: long enough to see what a gust is and what not, how much
 * is rewritten over and over, and what a first round will find.
 */
const longerSeconds = [5, 20] as const;
/**
 * And so again where QEMU looks at few pages each time, as of a guest below this: together they tell it better. Of a large one it
 * looks at many, and that costs its host.
 */
const againSeconds = [5, 5, 20, 5, 5, 20] as const;
const smallBytes = 16 * 2 ** 30;
/** Before each of those it rests, so that others who want to measure meet no end of it. */
const restMs = 2 * othersEveryMs;
/** What was measured before as many others tells nothing beside them. */
const mostKept = 12;
/** A busy host takes longer than it was asked for, and tells how long. */
const periodSlackSeconds = 2;

interface Figure {
  readonly span: MeasuredSpan;
  readonly atMs: number;
}

/** What this window measured, and measures, of one host's guests, each by its UUID. */
class Measurements {
  /** The latest last. */
  private readonly figures = new Map<string, readonly Figure[]>();
  /** By how much measuring let QEMU hold more of its host's memory, in bytes. */
  readonly touched = new Map<string, number>();
  /** What a start waits for: a measurement of a second, or that a longer one has begun. */
  readonly blocking = new Map<string, Promise<unknown>>();
  readonly secondUnderWay = new Map<string, Promise<number>>();
  readonly longerUnderWay = new Map<string, Promise<void>>();

  /** Of single seconds the last alone: one is measured at each pre-flight. */
  keep(uuid: string, span: MeasuredSpan): void {
    const others = (this.figures.get(uuid) ?? []).filter((figure) => span.seconds > 1 || figure.span.seconds > 1);
    const figures = [...others, { span, atMs: Date.now() }];
    this.figures.set(uuid, figures.slice(-mostKept));
  }

  /** Within the last minutes. */
  lately(uuid: string): readonly MeasuredSpan[] {
    const nowMs = Date.now();
    return (this.figures.get(uuid) ?? []).filter(({ atMs }) => nowMs - atMs <= sameLoadMs).map(({ span }) => span);
  }

  forget(uuid: string): void {
    this.figures.delete(uuid);
    this.touched.delete(uuid);
  }
}

const all = new WeakMap<Hypervisor, Measurements>();

function measurementsOf(host: Hypervisor): Measurements {
  const known = all.get(host) ?? new Measurements();
  all.set(host, known);
  return known;
}

/** What this window measured of the guest within the last minutes, the earliest first: the same objects each time. */
export function measuredLately(host: Hypervisor, uuid: string): readonly MeasuredSpan[] {
  return measurementsOf(host).lately(uuid);
}

/** The guest is in another QEMU now, or in none. */
export function forgetMeasured(host: Hypervisor, uuid: string): void {
  measurementsOf(host).forget(uuid);
  forgetVcpus(host, uuid);
}

/**
 * What QEMU holds of its host's memory, in bytes, without what it holds since it measured and the guest has never used: it reads a
 * page of each 2 MiB for that, and on some kernels (seen on 6.18) those around one that was never used are its own from then on.
 */
export function residentBytesOf(host: Hypervisor, uuid: string, figures: DomainFigures): number | undefined {
  const { residentBytes } = figures;
  return residentBytes && Math.max(0, residentBytes - (measurementsOf(host).touched.get(uuid) ?? 0));
}

/** Resolves once nothing of a measurement stands in the way of this guest's migration. Never rejects, and within some seconds. */
export async function measuredOut(host: Hypervisor, uuid: string): Promise<void> {
  const { blocking } = measurementsOf(host);
  for (let waited = blocking.get(uuid); waited !== undefined; waited = blocking.get(uuid))
    await waited.catch(() => undefined);
}

class GivenUp extends UserError {}

/**
 * What the guest writes, measured for a second; nothing while it does not run. Rejects with a `UserError` where that can't be measured. A domain with a job is
 * left alone: the measurement would wait for the job, and fail. One that has begun can't be stopped; with `signal` none is begun.
 */
export async function dirtyRateOf(host: Hypervisor, uuid: string, signal?: AbortSignal): Promise<number> {
  if (host.config.readOnly) throw new UserError(`${host.config.name} is read-only, which allows no measurement`);
  const here = measurementsOf(host);
  const { state } = await host.run(domainState(uuid));
  if (state !== 'running') return 0;
  const options = await host.run(helpOptions('domdirtyrate-calc'));
  if (options.size === 0) throw new UserError('this libvirt measures no dirty rate (since 7.2)');
  // QEMU measures one at a time: who asks meanwhile is told what comes of it, or what was measured just before the longer one.
  const lately = here.lately(uuid).findLast(({ seconds }) => seconds === 1);
  if (here.longerUnderWay.has(uuid) && lately !== undefined) return lately.dirtiedBytes;
  for (let other = here.secondUnderWay.get(uuid); other !== undefined; other = here.secondUnderWay.get(uuid)) {
    const told = await other.catch((error: unknown) => {
      if (error instanceof GivenUp) return undefined;
      throw error;
    });
    if (told !== undefined) return told;
  }
  const measuring = measureASecond(host, uuid, signal);
  here.secondUnderWay.set(uuid, measuring);
  try {
    return await blocking(here, uuid, measuring);
  } finally {
    here.secondUnderWay.delete(uuid);
  }
}

/**
 * After `dirtyRateOf`, the same for longer, as far as that is not known: together they tell a small working set that is rewritten
 * over and over from a large one. Never rejects: without it the forecast knows less, and the log of commands says why.
 */
export async function measureLonger(host: Hypervisor, uuid: string, signal: AbortSignal): Promise<void> {
  const { longerUnderWay } = measurementsOf(host);
  // One that was given up has still to end, and this one goes on from there.
  for (let other = longerUnderWay.get(uuid); other !== undefined; other = longerUnderWay.get(uuid)) await other;
  const measuring = measureOn(host, uuid, signal).catch(() => undefined);
  longerUnderWay.set(uuid, measuring);
  await measuring;
  longerUnderWay.delete(uuid);
}

async function measureOn(host: Hypervisor, uuid: string, signal: AbortSignal): Promise<void> {
  const here = measurementsOf(host);
  if (here.lately(uuid).length === 0 || here.secondUnderWay.has(uuid)) return;
  const isSmall = (host.domains.get(uuid)?.memoryBytes ?? Infinity) < smallBytes;
  const all = [...longerSeconds, ...(isSmall ? againSeconds : [])];
  const known = here.lately(uuid).filter(({ seconds }) => seconds > 1).length;
  for (const [index, seconds] of all.entries()) {
    if (index < known) continue;
    if (index >= longerSeconds.length) await pause(restMs);
    if ((here.touched.get(uuid) ?? 0) >= mostTakenBytes || !runs(host, uuid)) return;
    const began = await blocking(here, uuid, begin(host, uuid, seconds, signal));
    const told = began && (await resultOf(host, uuid, seconds, began));
    if (told === undefined || !runs(host, uuid)) return;
    here.keep(uuid, told);
  }
}

/** Who stands still, writes nothing, and that says nothing. */
function runs(host: Hypervisor, uuid: string): boolean {
  return host.domains.get(uuid)?.state === 'running';
}

/** A start of this guest waits for `work`. */
async function blocking<T>(here: Measurements, uuid: string, work: Promise<T>): Promise<T> {
  here.blocking.set(uuid, work);
  try {
    return await work;
  } finally {
    if (here.blocking.get(uuid) === work) here.blocking.delete(uuid);
  }
}

/** In bytes per second. */
async function measureASecond(host: Hypervisor, uuid: string, signal: AbortSignal | undefined): Promise<number> {
  // Another window may have begun the longest.
  const deadlineMs = performance.now() + measuringLimitMs + 1000 * Math.max(...longerSeconds);
  for (;;) {
    const began = await begin(host, uuid, 1, signal);
    const told = began && (await resultOf(host, uuid, 1, began));
    if (told !== undefined) {
      measurementsOf(host).keep(uuid, told);
      return told.dirtiedBytes;
    }
    if (performance.now() > deadlineMs) throw new UserError('QEMU measures for somebody else');
    await pause(othersEveryMs);
  }
}

interface Begun {
  /** What QEMU held of its host's memory before; undefined where that is not told. */
  readonly heldBytes: number | undefined;
  /** The time its virtual CPUs had had by then, and when that was, by a clock that only goes on. */
  readonly vcpuMs: number | undefined;
  readonly tickMs: number;
  /** To be called once it has read what it reads. */
  readonly release: () => void;
}

/** Undefined where another window, or somebody else, has it measured in this moment. A domain with a job would keep it waiting for half a minute. */
async function begin(
  host: Hypervisor,
  uuid: string,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<Begun | undefined> {
  const [job, figures] = await Promise.all([
    host.run(jobInfo(uuid, { raw: host.capabilities?.rawStats === true })),
    host.run(domainFigures(uuid, ['balloon', 'vcpu'])),
  ]);
  const tickMs = performance.now();
  if (job.type !== 'none') throw new UserError('the domain has a job already, and is not measured meanwhile');
  const release = await takeMemory(host, uuid, figures.residentBytes);
  try {
    if (signal?.aborted === true) throw new GivenUp('the pre-flight was given up');
    await host.run(measureDirtyRate(uuid, seconds));
  } catch (error) {
    release();
    if (messageOf(error).includes('already being measured')) return undefined;
    throw error;
  }
  return { heldBytes: figures.residentBytes, vcpuMs: figures.vcpuMs, tickMs, release };
}

/** Of a measurement that has begun; undefined where what QEMU tells in the end is another one's. */
async function resultOf(
  host: Hypervisor,
  uuid: string,
  seconds: number,
  begun: Begun,
): Promise<MeasuredSpan | undefined> {
  try {
    return await lookFor(host, uuid, seconds, begun);
  } finally {
    begun.release();
  }
}

async function lookFor(
  host: Hypervisor,
  uuid: string,
  seconds: number,
  { heldBytes, vcpuMs: vcpuMsBefore, tickMs, release }: Begun,
): Promise<MeasuredSpan | undefined> {
  const { touched } = measurementsOf(host);
  const before = touched.get(uuid) ?? 0;
  const limitMs = measuringLimitMs + 1000 * (seconds - 1);
  const deadlineMs = performance.now() + limitMs;
  for (let looks = 0; ; looks += 1) {
    const { dirtyBytesPerSecond, periodSeconds, residentBytes, vcpuMs } = await host.run(
      domainFigures(uuid, ['balloon', 'vcpu', 'dirtyrate']),
    );
    // It reads the pages as it begins: what comes later is the guest's own.
    if (looks < beginningLooks && heldBytes !== undefined && residentBytes !== undefined)
      touched.set(uuid, before + Math.max(0, residentBytes - heldBytes));
    if (dirtyBytesPerSecond !== undefined) {
      if (Math.abs((periodSeconds ?? seconds) - seconds) >= periodSlackSeconds) return undefined;
      const busyMs = vcpuMs !== undefined && vcpuMsBefore !== undefined ? vcpuMs - vcpuMsBefore : undefined;
      const vcpus = busyMs && Math.max(0, busyMs / (performance.now() - tickMs));
      return { seconds, dirtiedBytes: seconds * dirtyBytesPerSecond, ...(vcpus === undefined ? {} : { vcpus }) };
    }
    if (performance.now() > deadlineMs) throw new UserError(`QEMU did not end to measure within ${limitMs / 1000} s`);
    if (looks === beginningLooks - 1) release();
    await pause(looks === beginningLooks - 1 ? 1000 * (seconds - 2) : 0);
  }
}

function pause(leastMs = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(lookEveryMs, leastMs)));
}
