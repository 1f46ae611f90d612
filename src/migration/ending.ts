import type { Fleet, Domain, Hypervisor } from '../hypervisor/model.js';
import { completedJobInfo, domainState } from '../virsh/commands.js';
import type { StateAndReason, VirshEvent } from '../virsh/domain.js';
import { isGone } from '../virsh/errors.js';
import type { JobInfo } from '../virsh/jobInfo.js';
import type { MigrationRegistry } from './registry.js';
import { type Evidence, settle } from './settle.js';
import type { TrackedMigration } from './trackedMigration.js';

/** How long the event `job-completed` may come after the job has vanished: it is sent within milliseconds. */
const eventGraceMs = 2000;
/** libvirt resumes a paused guest by itself a moment after the end; only past this is it left paused. */
const resumeGraceMs = 5000;
/** Between two looks at a guest that may be about to be resumed. */
const resumePollMs = 500;
/** A record of a finished job is this migration's when it lasted at least as long as it was seen to run, less a rounding. */
const recordSlackMs = 1500;

/** What was noted of one migration while it ran. */
interface Notes {
  /** The guest stood still before the migration began: then it should afterwards. */
  readonly pausedBefore: boolean;
  completed: JobInfo | undefined;
  stoppedMigrated: boolean;
  stoppedOtherwise: string | undefined;
  abortedHere: boolean;
  /** Wakes whoever waits for `completed`. */
  wake: (() => void) | undefined;
}

/** Finds out how a migration ended: collects what is said on the way, asks both hosts at the end, and looks after the guest. */
export class Ending {
  private readonly notes = new WeakMap<TrackedMigration, Notes>();

  constructor(
    private readonly fleet: Fleet,
    private readonly registry: MigrationRegistry,
  ) {}

  /** A migration begins; `domain` is how its guest was known until now. */
  begin(migration: TrackedMigration, domain: Domain | undefined): void {
    this.notesOf(migration, domain?.state === 'paused' && domain.reason !== 'migrating');
  }

  /** An event of the migrating domain on its source. */
  note(migration: TrackedMigration, event: VirshEvent): void {
    const notes = this.notesOf(migration);
    if (event.kind === 'jobCompleted') notes.completed = event.job;
    if (event.kind === 'lifecycle' && event.event === 'Stopped') {
      if (event.detail === 'Migrated') notes.stoppedMigrated = true;
      else notes.stoppedOtherwise = event.detail;
    }
    if (notes.completed !== undefined || notes.stoppedOtherwise !== undefined) notes.wake?.();
  }

  /** This extension aborts it: its end is then known to be no failure. */
  noteAbort(migration: TrackedMigration): void {
    this.notesOf(migration).abortedHere = true;
  }

  /** It was refused after all. */
  forgetAbort(migration: TrackedMigration): void {
    this.notesOf(migration).abortedHere = false;
  }

  /** The job has vanished from `source`: works out the outcome, then whether the guest was left paused. Never rejects. */
  async settle(
    source: Hypervisor,
    migration: TrackedMigration,
    lastSight: JobInfo | undefined,
    unwatched: boolean,
  ): Promise<void> {
    const notes = this.notesOf(migration);
    const sourceState = await stateOn(source, migration.domainUuid);
    const left = sourceState === 'gone' || (sourceState?.state === 'shutOff' && sourceState.reason === 'migrated');
    const waitable = notes.completed === undefined && notes.stoppedOtherwise === undefined;
    if (left && !unwatched && waitable && source.capabilities?.eventStream === true) {
      await this.waitForRecord(notes);
    }
    const destination = this.destinationOf(migration);
    const evidence: Evidence = {
      completed: left ? (notes.completed ?? (await this.readRecord(migration, source, destination))) : undefined,
      source: sourceState,
      destination: destination?.domains.get(migration.domainUuid),
      stoppedMigrated: notes.stoppedMigrated,
      stoppedOtherwise: notes.stoppedOtherwise,
      lastJob: lastSight ?? migration.lastSample?.job,
      lastPhase: migration.state.phase,
      abortedHere: notes.abortedHere,
      unwatched,
    };
    const outcome = settle(evidence);
    const endedOn = outcome.kind === 'completed' ? destination : source;
    const endedAtMs = Date.now();
    migration.update(
      {
        phase: 'ended',
        outcome,
        endedAtMs,
        interrupted: undefined,
        destination: migration.state.destination ?? destination?.config.name,
      },
      endedAtMs,
    );
    if (endedOn !== undefined && !notes.pausedBefore && outcome.kind !== 'lost') {
      const leftPausedOn = await this.leftPausedOn(endedOn, migration.domainUuid);
      migration.update({ leftPausedOn }, Date.now());
    }
    this.registry.finish(migration);
  }

  /** The host of the tree that the guest goes to, or went to. */
  destinationOf(migration: TrackedMigration): Hypervisor | undefined {
    const known = migration.state.destination;
    if (known !== undefined) return this.fleet.get(known);
    return this.fleet.hypervisors.find((other) => {
      if (other.config.name === migration.source || other.status.kind !== 'connected') return false;
      const domain = other.domains.get(migration.domainUuid);
      return domain !== undefined && domain.state !== 'shutOff';
    });
  }

  private notesOf(migration: TrackedMigration, pausedBefore = false): Notes {
    let notes = this.notes.get(migration);
    if (notes === undefined) {
      notes = {
        pausedBefore,
        completed: undefined,
        stoppedMigrated: false,
        stoppedOtherwise: undefined,
        abortedHere: false,
        wake: undefined,
      };
      this.notes.set(migration, notes);
    }
    return notes;
  }

  private waitForRecord(notes: Notes): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, eventGraceMs);
      notes.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /**
   * The record of the finished job from either host. Read in the keeping form where that exists (6.0): other tools may
   * want it, too.
   */
  private async readRecord(
    migration: TrackedMigration,
    source: Hypervisor,
    destination: Hypervisor | undefined,
  ): Promise<JobInfo | undefined> {
    for (const host of [source, destination]) {
      const capabilities = host?.capabilities;
      if (host === undefined || capabilities?.completedStats !== true) continue;
      const options = { raw: capabilities.rawStats, keep: capabilities.keepCompleted };
      const record = await host.run(completedJobInfo(migration.domainUuid, options)).catch(() => undefined);
      if (record !== undefined && belongsTo(migration, record)) return record;
    }
    return undefined;
  }

  /** The host's name when the guest stays paused after libvirt had its time to resume it. */
  private async leftPausedOn(host: Hypervisor, uuid: string): Promise<string | undefined> {
    const deadline = Date.now() + resumeGraceMs;
    for (;;) {
      const state = await stateOn(host, uuid);
      if (state === undefined || state === 'gone' || state.state !== 'paused') return undefined;
      if (Date.now() >= deadline) return host.config.name;
      await new Promise((resolve) => setTimeout(resolve, resumePollMs));
    }
  }
}

async function stateOn(host: Hypervisor, uuid: string): Promise<StateAndReason | 'gone' | undefined> {
  try {
    return await host.run(domainState(uuid));
  } catch (error) {
    return isGone(error) ? 'gone' : undefined;
  }
}

function belongsTo(migration: TrackedMigration, record: JobInfo): boolean {
  if (record.type === 'none' || record.timeElapsedMs === undefined) return false;
  const seenMs = migration.lastSample?.elapsedMs ?? 0;
  return record.timeElapsedMs + recordSlackMs >= seenMs;
}
