import type { Fleet, Domain, Hypervisor } from '../hypervisor/model.js';
import { completedJobInfo, domainState } from '../virsh/commands.js';
import type { StateAndReason, VirshEvent } from '../virsh/domain.js';
import { isGone } from '../virsh/errors.js';
import type { JobInfo } from '../virsh/jobInfo.js';
import { isOnItsWay } from './onItsWay.js';
import type { MigrationRegistry } from './registry.js';
import { type Evidence, isUnexplained, settle } from './settle.js';
import type { StartOutcomes } from './start/outcomes.js';
import type { TrackedMigration } from './trackedMigration.js';
import { PlaceVerifier } from './verifier.js';

/** How long the event `job-completed` may come after the job has vanished: it is sent within milliseconds. */
const eventGraceMs = 2000;
/** How long a destination that is being reconnected may take, before the end is told without it. */
const destinationGraceMs = 10_000;
/** How long a guest whose source is gone may take to be let go on where it arrived. */
const arrivalGraceMs = 5000;
const arrivalPollMs = 300;
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
  /** Looks after the guest once it is over. */
  readonly places: PlaceVerifier;

  constructor(
    private readonly fleet: Fleet,
    private readonly registry: MigrationRegistry,
    /** Of those that were started here their virsh tells more than their source does. */
    private readonly starts?: StartOutcomes,
  ) {
    this.places = new PlaceVerifier(fleet, registry);
  }

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

  /**
   * The job has vanished from `source`: works out the outcome, then whether the guest is where it should be. Where the source is
   * lost before it could tell, the migration stays unfinished, to be looked at again. Never rejects.
   */
  async settle(
    source: Hypervisor,
    migration: TrackedMigration,
    lastSight: JobInfo | undefined,
    unwatched: boolean,
  ): Promise<void> {
    const notes = this.notesOf(migration);
    const lastPhase = migration.state.phase;
    const sourceState = await stateOn(source, migration.domainUuid);
    const left = sourceState === 'gone' || (sourceState?.state === 'shutOff' && sourceState.reason === 'migrated');
    const waitable = notes.completed === undefined && notes.stoppedOtherwise === undefined;
    if (left && !unwatched && waitable && source.capabilities?.eventStream === true) {
      await this.waitForRecord(notes);
    }
    const endedAtMs = Date.now();
    const destination = this.destinationOf(migration);
    if (destination !== undefined && left && notes.completed === undefined && isOnItsWay(destination)) {
      migration.update({ phase: 'ended' }, endedAtMs);
      await untilBack(destination);
    }
    const evidence: Evidence = {
      completed: left ? (notes.completed ?? (await this.readRecord(migration, source, destination))) : undefined,
      source: sourceState,
      destination: destination === undefined || !left ? undefined : await arrivalOn(destination, migration.domainUuid),
      stoppedMigrated: notes.stoppedMigrated,
      stoppedOtherwise: notes.stoppedOtherwise,
      lastJob: lastSight ?? migration.lastSample?.job,
      lastPhase,
      abortedHere: notes.abortedHere,
      unwatched,
    };
    // Another window has told the end meanwhile.
    if (!migration.running) return;
    migration.confirmIterations(evidence.completed?.memoryIteration);
    let outcome = settle(evidence);
    if (isUnexplained(outcome)) {
      const { domainUuid, startedAtMs } = migration;
      const started = await this.starts?.outcomeOf(source.config.name, domainUuid, startedAtMs);
      // Its host, when it is back, tells why.
      if (started?.kind === 'pending') return;
      outcome = settle({ ...evidence, started });
    }
    if (outcome.kind === 'lost' && source.status.kind !== 'connected') return;
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
    await this.places.verify(migration, notes.pausedBefore, notes.stoppedOtherwise);
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
}

async function stateOn(host: Hypervisor, uuid: string): Promise<StateAndReason | 'gone' | undefined> {
  try {
    return await host.run(domainState(uuid));
  } catch (error) {
    return isGone(error) ? 'gone' : undefined;
  }
}

/**
 * The guest on its destination, as that says now: what was seen before is no evidence of what is there. One that is still
 * arriving gets the time that libvirt needs to let it go on, or to end it.
 */
async function arrivalOn(destination: Hypervisor, uuid: string): Promise<StateAndReason | undefined> {
  const deadlineMs = performance.now() + arrivalGraceMs;
  for (;;) {
    const state = await stateOn(destination, uuid);
    if (state === undefined || state === 'gone') return undefined;
    const isArriving = state.state === 'paused' && state.reason === 'migrating';
    if (!isArriving || performance.now() > deadlineMs) return state;
    await new Promise((resolve) => setTimeout(resolve, arrivalPollMs));
  }
}

/** Waits for a host that is on its way back, for a while. */
function untilBack(host: Hypervisor): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const timer = setTimeout(done, destinationGraceMs);
    const subscription = host.onDidChange(() => {
      if (!isOnItsWay(host)) done();
    });
  });
}

function belongsTo(migration: TrackedMigration, record: JobInfo): boolean {
  if (record.type === 'none' || record.timeElapsedMs === undefined) return false;
  const seenMs = migration.lastSample?.elapsedMs ?? 0;
  return record.timeElapsedMs + recordSlackMs >= seenMs;
}
