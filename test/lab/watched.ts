import { HypervisorFleet } from '../../src/hypervisor/fleet.js';
import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import { Ending } from '../../src/migration/ending.js';
import type { Migration } from '../../src/migration/model.js';
import { pairWithDestinations } from '../../src/migration/pairing.js';
import { MigrationRegistry } from '../../src/migration/registry.js';
import { VirshSteering } from '../../src/migration/virshSteering.js';
import { MigrationWatchers } from '../../src/migration/watchers.js';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { MemorySecrets } from '../memorySecrets.js';
import type { Lab } from './lab.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };

/** The extension's own watching of a lab, put together as extension.ts does, without an editor. */
export class WatchedLab {
  readonly registry = new MigrationRegistry();
  readonly fleet: HypervisorFleet;
  readonly steering: VirshSteering;

  constructor(
    lab: Lab,
    readonly sampleIntervalMs = 1000,
  ) {
    const connector = new SshConnector({
      credentials: new CredentialStore(new MemorySecrets()),
      configFile: lab.sshConfig,
    });
    this.fleet = new HypervisorFleet((config) => new VirshHypervisor(config, { connector, log: silent }));
    const ending = new Ending(this.fleet, this.registry);
    this.steering = new VirshSteering(this.fleet, this.registry, ending);
    new MigrationWatchers(this.fleet, {
      registry: this.registry,
      ending,
      log: silent,
      sampleIntervalMs: () => sampleIntervalMs,
    });
    pairWithDestinations(this.fleet, this.registry, ending);
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

  async connect(): Promise<void> {
    await Promise.all(this.fleet.hypervisors.map((hypervisor) => hypervisor.connect()));
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
