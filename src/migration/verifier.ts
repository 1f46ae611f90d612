import type { Disposable } from '../base/disposable.js';
import type { Fleet, Hypervisor } from '../hypervisor/model.js';
import { domainState, hostUuid } from '../virsh/commands.js';
import { isGone } from '../virsh/errors.js';
import { hostName } from './describe.js';
import type { GuestPlace, Migration, MigrationState, Outcome } from './model.js';
import type { MigrationRegistry } from './registry.js';
import type { TrackedMigration } from './trackedMigration.js';
import { isOnItsWay } from './onItsWay.js';
import { type Sight, verdictOf } from './verify.js';

/** How long libvirt may take after the end to stop one guest and let the other go on: only past this is anything wrong. */
const settleMs = 5000;
const pollMs = 500;
/** How long a host that is being connected, or is on its way back, is waited for before the place is told without it. */
const returnMs = 10_000;
/** What is found of a migration that ended longer ago than this is no news of it any more. */
const recheckForMs = 24 * 3_600_000;

/** One migration that is over, as far as the question goes where its guest is. */
export interface Journey {
  readonly domainUuid: string;
  readonly source: string;
  /** A host of the tree; undefined where it went by a URI alone. */
  readonly destination: string | undefined;
  readonly outcome: Outcome['kind'];
  readonly pausedBefore: boolean;
  readonly stoppedBy?: string | undefined;
  readonly toldBefore?: boolean;
}

/** Finds out where a guest is once its migration has ended, and looks again whenever a host has something new to tell. */
export class PlaceVerifier {
  private readonly checking = new Set<TrackedMigration>();
  /** What was known when it was last asked: nothing is asked again before that changes. */
  private readonly lastKnown = new WeakMap<TrackedMigration, string>();
  private readonly pausedBefore = new WeakSet<TrackedMigration>();
  private readonly stoppedBy = new WeakMap<TrackedMigration, string>();

  constructor(
    private readonly fleet: Fleet,
    private readonly registry: MigrationRegistry,
  ) {}

  /**
   * Asks both hosts until all is as it should be, or libvirt has had its time: no alarm is given of the moment of the switch-over.
   * Writes what it found into the migration's state. Never rejects.
   */
  async verify(migration: TrackedMigration, pausedBefore: boolean, stoppedBy?: string): Promise<void> {
    if (pausedBefore) this.pausedBefore.add(migration);
    if (stoppedBy !== undefined) this.stoppedBy.set(migration, stoppedBy);
    await this.check(migration);
  }

  /**
   * The same of a migration that nobody has watched: begun and over between two looks, or while nobody was connected.
   * Undefined while the guest migrates. Never rejects.
   */
  placeOf(journey: Journey): Promise<GuestPlace | undefined> {
    return this.settled(() => journey);
  }

  /** Looks again at whatever was not told to be well, when a host is back or has another state of the guest. */
  follow(): Disposable {
    return this.fleet.onDidChange(() => {
      for (const migration of this.registry.past) {
        const { place, endedAtMs, outcome } = migration.state;
        if (outcome === undefined || place === undefined || place.kind === 'fine') continue;
        if (Date.now() - (endedAtMs ?? 0) > recheckForMs || this.lastKnown.get(migration) === this.known(migration))
          continue;
        void this.check(migration);
      }
    });
  }

  private async check(migration: TrackedMigration): Promise<void> {
    if (this.checking.has(migration)) return;
    this.checking.add(migration);
    try {
      const place = await this.settled(() => this.journeyOf(migration));
      // Another migration of this guest tells of it from now on.
      if (place === undefined) return;
      migration.update(stateFor(place), Date.now());
    } finally {
      this.lastKnown.set(migration, this.known(migration));
      this.checking.delete(migration);
    }
  }

  /** Undefined once the guest migrates again. */
  private async settled(journeyNow: () => Journey): Promise<GuestPlace | undefined> {
    const beganMs = Date.now();
    for (;;) {
      const journey = journeyNow();
      if (this.registry.runningAnywhere(journey.domainUuid).length > 0) return undefined;
      const isAwaited = this.isAwaited(journey);
      const place = await this.look(journey);
      const patienceMs = place.kind === 'wrong' ? settleMs : place.kind === 'unknown' && isAwaited ? returnMs : 0;
      if (Date.now() - beganMs >= patienceMs) return place;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  private isAwaited({ source, destination, outcome }: Journey): boolean {
    // It is lost for want of the destination, which was waited for then.
    if (outcome === 'lost') return false;
    const hosts = [source, destination].map((name) => (name === undefined ? undefined : this.fleet.get(name)));
    return hosts.some((host) => host !== undefined && isOnItsWay(host));
  }

  private journeyOf(migration: TrackedMigration): Journey {
    const { outcome, destination, place: before } = migration.state;
    return {
      domainUuid: migration.domainUuid,
      source: migration.source,
      destination,
      outcome: outcome?.kind ?? 'lost',
      pausedBefore: this.pausedBefore.has(migration),
      stoppedBy: this.stoppedBy.get(migration),
      toldBefore: before?.kind === 'wrong',
    };
  }

  private async look(journey: Journey): Promise<GuestPlace> {
    const { domainUuid: uuid, destination, outcome, pausedBefore, stoppedBy, toldBefore = false } = journey;
    const [source, there] = await Promise.all([
      sightOn(this.fleet.get(journey.source), journey.source, uuid),
      destination === undefined
        ? ({ kind: 'unknown', why: 'its destination is not known here.' } as const)
        : sightOn(this.fleet.get(destination), destination, uuid),
    ]);
    const place = verdictOf({
      outcome,
      source,
      destination: there,
      elsewhere: this.elsewhere(journey),
      pausedBefore,
      stoppedBy,
      toldBefore,
    });
    const twice = place.kind === 'wrong' && (place.problem === 'runsTwice' || place.problem === 'leftOver');
    return twice && (await this.areOneMachine(journey.source, destination))
      ? { kind: 'fine', on: journey.source }
      : place;
  }

  /** Two entries of the tree may be one machine, reached in two ways: what both show is one guest. */
  private async areOneMachine(one: string, other: string | undefined): Promise<boolean> {
    const uuidOf = async (name: string | undefined): Promise<string | undefined> => {
      const host = name === undefined ? undefined : this.fleet.get(name);
      return host?.run(hostUuid()).catch(() => undefined);
    };
    const [a, b] = await Promise.all([uuidOf(one), uuidOf(other)]);
    return a !== undefined && a === b;
  }

  private elsewhere({ domainUuid, source, destination }: Journey): string | undefined {
    return this.fleet.hypervisors.find(({ config, status, domains }) => {
      if (config.name === source || config.name === destination || status.kind !== 'connected') return false;
      const here = domains.get(domainUuid)?.state;
      return here === 'running' || here === 'paused' || here === 'idle';
    })?.config.name;
  }

  private known({ domainUuid, source, state }: Migration): string {
    return this.fleet.hypervisors
      .filter(({ config, domains }) => [source, state.destination].includes(config.name) || domains.has(domainUuid))
      .map(({ config, status, domains }) => {
        const domain = domains.get(domainUuid);
        return `${config.name}: ${status.kind === 'connected' ? (domain?.state ?? 'gone') : 'not connected'}`;
      })
      .join('\n');
  }
}

function stateFor(place: GuestPlace): Partial<MigrationState> {
  return { place, leftPausedOn: place.kind === 'wrong' && place.problem === 'paused' ? place.resumeOn : undefined };
}

async function sightOn(host: Hypervisor | undefined, name: string, uuid: string): Promise<Sight> {
  const shown = hostName(name);
  if (host === undefined) return { kind: 'unknown', why: `${shown} is not among the hosts any more.` };
  if (host.status.kind !== 'connected') return { kind: 'unknown', why: `${shown} is not connected.` };
  try {
    return { kind: 'state', host: name, state: await host.run(domainState(uuid)) };
  } catch (error) {
    return isGone(error) ? { kind: 'gone', host: name } : { kind: 'unknown', why: `${shown} does not answer.` };
  }
}
