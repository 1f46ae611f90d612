import { Disposables, type Disposable } from '../base/disposable.js';
import { messageOf } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import type { DomainEvent, ObservedHypervisor } from '../hypervisor/model.js';
import { asSample, domainState, getMaxDowntime, getPostcopySpeed, getSpeed, jobInfo } from '../virsh/commands.js';
import { domainFigures, type FigureGroup } from '../virsh/hostCommands.js';
import type { Domain } from '../hypervisor/model.js';
import type { StateAndReason } from '../virsh/domain.js';
import { hasNoJob } from '../virsh/errors.js';
import type { JobInfo } from '../virsh/jobInfo.js';
import type { Ending } from './ending.js';
import type { Sample } from './model.js';
import { forgetMeasured, measuredLately, residentBytesOf } from './preflight/dirtyRate.js';
import { restAfterMs, vcpusLately } from './preflight/vcpuWatch.js';
import { isInPostcopy, phaseOf, sightOf } from './phase.js';
import type { MigrationRegistry } from './registry.js';
import { isSameStart, migrationId } from './sameMigration.js';
import { TrackedMigration } from './trackedMigration.js';

/** A job whose elapsed time went back by more than this is another job than the one before. */
const elapsedJitterMs = 500;

/** One reading of a domain: undefined state or limit where that part was refused. */
interface Reading {
  readonly job: JobInfo;
  readonly state: StateAndReason | undefined;
  readonly maxDowntimeMs: number | undefined;
  readonly speedLimitMiBps: number | undefined;
  readonly postcopySpeedMiBps: number | undefined;
  readonly residentBytes: number | undefined;
  readonly vcpuMs: number | undefined;
  readonly atMs: number;
}

/** What of a domain is asked beside its job. */
interface Asked {
  /** Its state, and the limits in force. */
  readonly fully: boolean;
  readonly inPostcopy: boolean;
  /** What of its host's memory it holds, and what time its virtual CPUs had. */
  readonly figureGroups: readonly FigureGroup[];
}

/** Readings in which it is asked what QEMU holds: the first may have been of the job alone. Later, QEMU itself has grown by the migration. */
const residentReadings = 2;
/** What of its virtual CPUs libvirt told in none of so many readings, it does not tell. */
const vcpuReadings = 5;

export interface WatcherOptions {
  readonly hypervisor: ObservedHypervisor;
  readonly registry: MigrationRegistry;
  readonly ending: Ending;
  readonly log: CommandLog;
  readonly sampleIntervalMs: () => number;
}

/**
 * Watches one host for migrations away from it, whoever started them. Events and the slow net say where to look; only a
 * domain with a job is sampled at the full rate, all of a host's in one round trip.
 */
export class MigrationWatcher implements Disposable {
  private readonly owned = new Disposables();
  /** Domains being asked right now: a late answer must not queue up more questions. */
  private readonly asking = new Set<string>();
  /** Domains of which something was heard while they were being asked. */
  private readonly again = new Set<string>();
  /** By domain, until when its virtual CPUs are not asked for again. */
  private readonly vcpuRestUntilMs = new Map<string, number>();
  /** Migrations whose end is being worked out. */
  private readonly ending = new Set<TrackedMigration>();
  /** Migrations sampled by this watcher: not those an earlier window left and nobody has found again yet. */
  private readonly live = new Set<TrackedMigration>();
  private timer: NodeJS.Timeout | undefined;
  private wasConnected = false;

  constructor(private readonly options: WatcherOptions) {
    const { hypervisor } = options;
    this.owned.add(hypervisor.onEvent((event) => this.receive(event)));
    this.owned.add(hypervisor.onNet(() => this.lookEverywhere()));
    this.owned.add(hypervisor.onDidChange(() => this.followConnection()));
    this.followConnection();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.owned.dispose();
  }

  private get host(): string {
    return this.options.hypervisor.config.name;
  }

  private followConnection(): void {
    const { hypervisor, registry } = this.options;
    const connected = hypervisor.status.kind === 'connected';
    if (connected === this.wasConnected) return;
    this.wasConnected = connected;
    if (connected) {
      this.lookEverywhere();
      return;
    }
    const { status } = hypervisor;
    const why =
      status.kind === 'failed' || status.kind === 'reconnecting' ? status.message : `${this.host} is not connected.`;
    for (const migration of registry.unfinishedFrom(this.host)) migration.update({ interrupted: why }, Date.now());
  }

  private receive({ domain, event }: DomainEvent): void {
    const migration = this.named(event.domainName);
    if (migration !== undefined && event.kind === 'iteration') migration.addIteration(Date.now(), event.iteration);
    if (migration !== undefined) this.options.ending.note(migration, event);
    const uuid = domain?.uuid ?? migration?.domainUuid;
    if (uuid !== undefined && event.kind === 'lifecycle' && event.event === 'Stopped')
      forgetMeasured(this.options.hypervisor, uuid);
    // A migration shows itself by its first iteration, by a disk copy's end, or by the guest's stopping.
    if (domain === undefined || (migration !== undefined && this.ending.has(migration))) return;
    // A guest that starts or stops for other reasons is no hint; one that is suspended may be switching over.
    const hint =
      event.kind === 'lifecycle' ? migration !== undefined || event.event === 'Suspended' : event.kind !== 'other';
    if (hint) void this.look(domain.uuid, undefined, true);
  }

  private lookEverywhere(): void {
    // What was unfinished when this host was last seen goes on, or has ended meanwhile.
    for (const migration of this.options.registry.unfinishedFrom(this.host)) {
      if (!this.live.has(migration) && !this.ending.has(migration)) void this.look(migration.domainUuid, migration);
    }
    for (const domain of this.options.hypervisor.domains.values()) {
      if (mayMigrate(domain) && this.liveOf(domain.uuid) === undefined) void this.look(domain.uuid);
    }
  }

  /** A transient domain has left the host's list by the time its last events arrive. */
  private named(name: string): TrackedMigration | undefined {
    for (const migration of [...this.live, ...this.ending]) if (migration.domainName === name) return migration;
    return undefined;
  }

  private liveOf(uuid: string): TrackedMigration | undefined {
    for (const migration of this.live) {
      if (migration.domainUuid !== uuid) continue;
      if (migration.running) return migration;
      // Another window has told its end, while this one could not ask.
      this.live.delete(migration);
    }
    return undefined;
  }

  /**
   * Asks one domain and follows what it shows. `leftBehind` is an unfinished migration that nobody has sampled since;
   * `likely` when something hints at a migration, so that its first reading is a whole one.
   */
  private async look(uuid: string, leftBehind?: TrackedMigration, likely = false): Promise<void> {
    if (this.asking.has(uuid)) {
      // The answer under way may be older than what happened: a hint is looked at again, a tick is not.
      if (likely) this.again.add(uuid);
      return;
    }
    this.asking.add(uuid);
    try {
      await this.lookNow(uuid, leftBehind, likely);
    } finally {
      this.asking.delete(uuid);
    }
    if (this.again.delete(uuid)) await this.look(uuid, undefined, true);
  }

  private async lookNow(uuid: string, leftBehind: TrackedMigration | undefined, likely: boolean): Promise<void> {
    const asked = this.liveOf(uuid) ?? leftBehind;
    let reading: Reading;
    const inPostcopy = asked !== undefined && isInPostcopy(asked.state);
    try {
      reading = await this.read(uuid, {
        fully: likely || asked !== undefined,
        inPostcopy,
        figureGroups: figureGroupsOf(
          asked?.samples ?? [],
          !inPostcopy && (asked !== undefined || likely),
          this.vcpuRestUntilMs.get(uuid) ?? 0,
        ),
      });
    } catch (error) {
      this.missed(asked, error);
      return;
    }
    // Another window may have told its end meanwhile: a job that runs now is another one's.
    const known = asked?.running === true ? asked : undefined;
    const outgoing = sightOf(reading.job) === 'outgoing';
    if (known !== undefined && outgoing && continues(known, reading, this.live.has(known))) this.add(known, reading);
    else {
      if (known !== undefined) this.end(known, reading.job);
      if (outgoing) this.start(uuid, reading);
    }
  }

  private async read(uuid: string, { fully, inPostcopy, figureGroups }: Asked): Promise<Reading> {
    const { hypervisor } = this.options;
    const capabilities = hypervisor.capabilities;
    const job = hypervisor.run(jobInfo(uuid, { raw: capabilities?.rawStats ?? false }));
    // In the same round trip; an old libvirt may refuse either, and the rest still counts.
    const rest = fully
      ? Promise.all([
          hypervisor.run(domainState(uuid)).catch(() => undefined),
          capabilities?.maxDowntimeReadable === true
            ? hypervisor.run(getMaxDowntime(uuid)).catch(() => undefined)
            : undefined,
          // libvirt tells it to nobody who may only read.
          hypervisor.config.readOnly || inPostcopy ? undefined : hypervisor.run(getSpeed(uuid)).catch(() => undefined),
          hypervisor.config.readOnly || !inPostcopy || capabilities?.postcopySpeed !== true
            ? undefined
            : hypervisor.run(getPostcopySpeed(uuid)).catch(() => undefined),
          figureGroups.length > 0
            ? hypervisor.run(asSample(domainFigures(uuid, figureGroups), uuid)).catch(() => undefined)
            : undefined,
        ])
      : Promise.resolve([undefined, undefined, undefined, undefined, undefined] as const);
    const [info, [state, maxDowntimeMs, speedLimitMiBps, postcopySpeedMiBps, figures]] = await Promise.all([job, rest]);
    const residentBytes =
      figures && figureGroups.includes('balloon') ? residentBytesOf(hypervisor, uuid, figures) : undefined;
    const vcpuMs = figures?.vcpuMs;
    const atMs = Date.now();
    if (figures !== undefined) this.vcpuRestUntilMs.set(uuid, atMs + restAfterMs(figures.length));
    return { job: info, state, maxDowntimeMs, speedLimitMiBps, postcopySpeedMiBps, residentBytes, vcpuMs, atMs };
  }

  /** A reading that did not come: the domain is gone, or the host did not answer. */
  private missed(known: TrackedMigration | undefined, error: unknown): void {
    if (known === undefined) return;
    if (hasNoJob(error)) this.end(known, undefined);
    // Of a host that is lost its own word tells more than what became of a question to it.
    else if (known.running && this.options.hypervisor.status.kind === 'connected')
      known.update({ interrupted: messageOf(error) }, Date.now());
  }

  private start(uuid: string, reading: Reading): void {
    const { hypervisor, registry, log } = this.options;
    if (registry.runningAnywhere(uuid).some((other) => !this.ending.has(other))) return;
    const domain = hypervisor.domains.get(uuid);
    const startedAtMs = reading.atMs - (reading.job.timeElapsedMs ?? 0);
    const migration = new TrackedMigration({
      id: migrationId(uuid, startedAtMs),
      domainUuid: uuid,
      domainName: domain?.name ?? uuid,
      domainTitle: domain?.title ?? domain?.platformName,
      source: this.host,
      startedAtMs,
    });
    this.options.ending.begin(migration, domain);
    this.add(migration, reading);
    registry.start(migration);
    log.info(this.host, `A migration of ${migration.domainName} runs.`);
  }

  /** What was measured of its guest before it began: each told once, at the first reading, or where a longer measurement ends only later. */
  private measuredBefore({ samples, domainUuid }: TrackedMigration): Partial<Sample> {
    if (samples.length > 0 && samples[0]?.measured === undefined) return {};
    const told = samples.flatMap((sample) => sample.measured ?? []);
    const measured = measuredLately(this.options.hypervisor, domainUuid).filter((span) => !told.includes(span));
    return measured.length === 0 ? {} : { measured };
  }

  /** What was read of its guest's virtual CPUs before it began: told once, at the first reading. */
  private vcpusBefore({ domainUuid }: TrackedMigration, elapsedMs: number): Partial<Sample> {
    const earlierVcpus = vcpusLately(this.options.hypervisor, domainUuid).map(
      ({ agoMs, vcpuMs }) => [Math.round(elapsedMs - agoMs), Math.round(vcpuMs)] as const,
    );
    return earlierVcpus.length === 0 ? {} : { earlierVcpus };
  }

  private add(migration: TrackedMigration, reading: Reading): void {
    const { fields, ...job } = reading.job;
    const { atMs, maxDowntimeMs, speedLimitMiBps, postcopySpeedMiBps, residentBytes, vcpuMs, state } = reading;
    const elapsedMs = job.timeElapsedMs ?? atMs - migration.startedAtMs;
    const phase = phaseOf(job, state);
    const speeds = isInPostcopy({ phase })
      ? // libvirt lifts the plain limit as it switches: nobody has changed it, and it says nothing any more.
        { speedLimitMiBps: undefined, ...(postcopySpeedMiBps === undefined ? {} : { postcopySpeedMiBps }) }
      : { speedLimitMiBps };
    const sample: Sample = {
      atMs,
      elapsedMs,
      job,
      maxDowntimeMs,
      ...speeds,
      ...(residentBytes === undefined
        ? {}
        : { residentBytes, ...(this.isEmulated(migration) ? { isEmulated: true } : {}) }),
      ...(vcpuMs === undefined ? {} : { vcpuMs }),
      ...this.measuredBefore(migration),
      ...(migration.samples.length === 0 ? this.vcpusBefore(migration, elapsedMs) : {}),
    };
    this.live.add(migration);
    migration.update({ phase, interrupted: undefined }, atMs);
    migration.addSample(sample, fields, this.options.sampleIntervalMs());
    this.schedule();
  }

  private isEmulated({ domainUuid }: TrackedMigration): boolean {
    return this.options.hypervisor.domains.get(domainUuid)?.virtType === 'qemu';
  }

  private end(migration: TrackedMigration, lastSight: JobInfo | undefined): void {
    if (!migration.running || this.ending.has(migration)) return;
    const watched = this.live.delete(migration);
    this.vcpuRestUntilMs.delete(migration.domainUuid);
    this.ending.add(migration);
    void this.options.ending
      .settle(this.options.hypervisor, migration, lastSight, !watched)
      .finally(() => this.ending.delete(migration));
  }

  /** One timer for all of this host's migrations, so that their samples share a round trip. */
  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.live.size === 0) return;
      if (this.options.hypervisor.status.kind === 'connected') {
        for (const migration of this.live) void this.look(migration.domainUuid);
      }
      this.schedule();
    }, this.options.sampleIntervalMs());
  }
}

/** What of a domain that migrates, and runs here, is worth a question: not what libvirt does not tell, and no long answer each time. */
function figureGroupsOf(samples: readonly Sample[], runsHere: boolean, restUntilMs: number): readonly FigureGroup[] {
  if (!runsHere) return [];
  const { length } = samples;
  const resident = length < residentReadings && samples.every(({ residentBytes }) => residentBytes === undefined);
  const isTold = length < vcpuReadings || samples.some(({ vcpuMs }) => vcpuMs !== undefined);
  const vcpu = isTold && Date.now() >= restUntilMs;
  return [...(resident ? (['balloon'] as const) : []), ...(vcpu ? (['vcpu'] as const) : [])];
}

/** Only an active domain can have a job. */
function mayMigrate(domain: Domain): boolean {
  return domain.state !== 'shutOff' && domain.state !== 'crashed';
}

/** Whether a reading belongs to the migration: a job that began at another time is another migration. */
function continues(migration: TrackedMigration, { job, atMs }: Reading, watched: boolean): boolean {
  const elapsedMs = job.timeElapsedMs;
  if (elapsedMs === undefined) return true;
  const last = migration.lastSample;
  if (last !== undefined && elapsedMs + elapsedJitterMs < last.elapsedMs) return false;
  // While it is watched this machine's clock has no say: it may be set, or the laptop may sleep.
  return watched || isSameStart(atMs - elapsedMs, migration.startedAtMs);
}
