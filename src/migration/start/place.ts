import type { Disposable } from '../../base/disposable.js';
import type { Fleet } from '../../hypervisor/model.js';
import type { GuestPlace, Migration, Migrations, Outcome } from '../model.js';
import type { Journey, PlaceVerifier } from '../verifier.js';
import { migrationOf } from './began.js';
import type { StartedMigration } from './model.js';

/** How long the end of a migration that was seen may take to be settled, once its virsh has ended. */
const settleMs = 20_000;

/** Finds out where the guest of a start is after its end, whether or not anybody saw its migration. */
export class StartPlaces {
  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Pick<Migrations, 'all' | 'onDidEnd'>,
    private readonly places: Pick<PlaceVerifier, 'placeOf'>,
  ) {}

  /** As its migration's own end tells, where that was seen; else as both hosts do now. Never rejects. */
  async placeOf(start: StartedMigration): Promise<GuestPlace | undefined> {
    const seen = migrationOf(start, this.migrations.all);
    if (seen !== undefined) {
      if (seen.state.outcome === undefined) await this.untilEnded(seen);
      if (seen.state.place !== undefined) return seen.state.place;
    }
    return this.places.placeOf(this.journeyOf(start));
  }

  /**
   * Asks again, once, when both hosts are connected: for one that could not be told before. `onPlace` is called at most once.
   */
  whenConnected(start: StartedMigration, onPlace: (place: GuestPlace) => void): Disposable {
    const subscription = this.fleet.onDidChange(() => {
      const { source, destination } = this.journeyOf(start);
      const hosts = [source, destination].map((name) => (name === undefined ? undefined : this.fleet.get(name)));
      if (!hosts.every((host) => host?.status.kind === 'connected')) return;
      subscription.dispose();
      void this.places.placeOf(this.journeyOf(start)).then((place) => {
        if (place !== undefined) onPlace(place);
      });
    });
    return subscription;
  }

  private journeyOf({ request, state, pausedBefore = false }: StartedMigration): Journey {
    const { source, domainUuid } = request;
    const outcome: Outcome['kind'] =
      state.kind === 'succeeded' ? 'completed' : state.kind === 'failed' ? 'failed' : 'lost';
    return {
      domainUuid,
      source,
      destination: request.destination ?? this.found(source, domainUuid),
      outcome,
      pausedBefore,
    };
  }

  /** Of one that went by a URI alone: the host of the tree that has it now. */
  private found(source: string, domainUuid: string): string | undefined {
    return this.fleet.hypervisors.find(({ config, status, domains }) => {
      const domain = domains.get(domainUuid);
      return (
        config.name !== source && status.kind === 'connected' && domain !== undefined && domain.state !== 'shutOff'
      );
    })?.config.name;
  }

  private untilEnded(migration: Migration): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        subscription.dispose();
        resolve();
      };
      const timer = setTimeout(done, settleMs);
      const subscription = this.migrations.onDidEnd((ended) => {
        if (ended === migration) done();
      });
    });
  }
}
