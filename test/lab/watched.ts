import { Disposables } from '../../src/base/disposable.js';
import { HypervisorFleet } from '../../src/hypervisor/fleet.js';
import { type HypervisorOptions, VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import type { HostConfig } from '../../src/hypervisor/model.js';
import { Ending } from '../../src/migration/ending.js';
import type { Migration } from '../../src/migration/model.js';
import { pairWithDestinations } from '../../src/migration/pairing.js';
import { MigrationRegistry } from '../../src/migration/registry.js';
import { StartedPostcopyResumer } from '../../src/migration/postcopyResume.js';
import { DetachedStarter } from '../../src/migration/start/starter.js';
import { VirshSteering } from '../../src/migration/virshSteering.js';
import { MigrationWatchers } from '../../src/migration/watchers.js';
import { SshConnector, type SshConnectorOptions } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import type { ConnectPrompts } from '../../src/ssh/types.js';
import { MemorySecrets } from '../memorySecrets.js';
import { MemoryStorage } from '../memoryStorage.js';
import type { Lab } from './lab.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };

/** The extension's own watching of a lab, put together as extension.ts does, without an editor. */
export class WatchedLab {
  readonly registry = new MigrationRegistry();
  readonly fleet: HypervisorFleet;
  readonly steering: VirshSteering;
  private readonly owned = new Disposables();
  readonly starter: DetachedStarter;

  constructor(
    lab: Lab,
    readonly sampleIntervalMs = 1000,
    ssh: Partial<SshConnectorOptions> = {},
    /** What one window leaves to the next about what it has started. */
    starts = new MemoryStorage(),
    make = (config: HostConfig, options: HypervisorOptions) => new VirshHypervisor(config, options),
  ) {
    const connector = new SshConnector({
      credentials: new CredentialStore(new MemorySecrets()),
      configFile: lab.sshConfig,
      ...ssh,
    });
    const isMigrating = (host: string): boolean => this.registry.runsAt(host);
    this.fleet = new HypervisorFleet((config) => make(config, { connector, log: silent, isMigrating }));
    this.starter = new DetachedStarter({ fleet: this.fleet, registry: this.registry, storage: starts, log: silent });
    const ending = new Ending(this.fleet, this.registry, this.starter);
    const resumer = new StartedPostcopyResumer(this.fleet, this.starter, undefined);
    this.steering = new VirshSteering(this.fleet, this.registry, ending, resumer);
    const watchers = new MigrationWatchers(this.fleet, {
      registry: this.registry,
      ending,
      log: silent,
      sampleIntervalMs: () => sampleIntervalMs,
    });
    this.owned.add(watchers);
    this.owned.add(pairWithDestinations(this.fleet, this.registry, ending));
    this.owned.add(ending.places.follow());
    this.fleet.configure(
      ['hv1', 'hv2'].map((name) => ({
        name,
        destination: name,
        uri: 'qemu:///system',
        virsh: 'virsh',
        readOnly: false,
        group: undefined,
      })),
    );
  }

  /** As a user does who can be asked, where there are `prompts`. */
  async connect(prompts?: ConnectPrompts): Promise<void> {
    await Promise.all(this.fleet.hypervisors.map((hypervisor) => hypervisor.connect(prompts)));
  }

  /** The next migration that is seen. Ask before it is started. */
  next(): Promise<Migration> {
    return once(this.registry.onDidStart);
  }

  /** The next end of a migration, all about it settled. Ask before it can come. */
  nextEnd(): Promise<Migration> {
    return once(this.registry.onDidEnd);
  }

  dispose(): void {
    this.owned.dispose();
    this.starter.dispose();
    this.fleet.dispose();
  }
}

function once<T>(event: (listener: (value: T) => void) => { dispose(): void }): Promise<T> {
  return new Promise((resolve) => {
    const subscription = event((value) => {
      subscription.dispose();
      resolve(value);
    });
  });
}
