import { Emitter } from '../../src/base/emitter.js';
import type {
  Capabilities,
  Domain,
  Fleet,
  HostConfig,
  Hypervisor,
  HypervisorStatus,
} from '../../src/hypervisor/model.js';
import type {
  Mark,
  Migration,
  MigrationChange,
  Migrations,
  MigrationState,
  Sample,
} from '../../src/migration/model.js';
import type { RawField } from '../../src/virsh/jobInfo.js';
import type { VirshCommand } from '../../src/virsh/command.js';
import type { ShellScript } from '../../src/virsh/script.js';
import { figures } from './migration/figures.js';
import type { JobFigures } from '../../src/migration/model.js';

/** A fleet, hosts and migrations that hold what a test puts there, for what only looks at them. */

export const mib = 1024 * 1024;

export const everything: Capabilities = {
  libvirtVersion: '9.0.0',
  rawStats: true,
  completedStats: true,
  keepCompleted: true,
  maxDowntimeReadable: true,
  postcopy: true,
  migrateOptions: new Set([
    '--live',
    '--p2p',
    '--persistent',
    '--undefinesource',
    '--auto-converge',
    '--auto-converge-initial',
    '--auto-converge-increment',
    '--postcopy',
    '--postcopy-bandwidth',
    '--postcopy-resume',
    '--compressed',
    '--comp-methods',
    '--comp-xbzrle-cache',
    '--comp-zstd-level',
    '--parallel',
    '--parallel-connections',
    '--bandwidth',
    '--copy-storage-all',
    '--copy-storage-inc',
    '--tls',
    '--zerocopy',
    '--timeout',
    '--timeout-suspend',
    '--timeout-postcopy',
  ]),
  abortPostcopy: true,
  postcopySpeed: true,
  compressionCache: true,
  eventStream: true,
  iterationEvents: true,
};

export function domain(told: Partial<Domain> & Pick<Domain, 'uuid' | 'name'>): Domain {
  return {
    title: undefined,
    memoryBytes: undefined,
    vcpus: undefined,
    platformName: undefined,
    platform: undefined,
    virtType: undefined,
    state: 'running',
    reason: undefined,
    ...told,
  };
}

export class FakeHypervisor implements Hypervisor {
  readonly config: HostConfig;
  readonly domains = new Map<string, Domain>();
  status: HypervisorStatus = { kind: 'connected' };
  capabilities: Capabilities | undefined = everything;
  readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(name: string, config: Partial<HostConfig> = {}) {
    this.config = {
      name,
      destination: `root@${name}`,
      uri: 'qemu:///system',
      virsh: 'virsh',
      readOnly: false,
      group: undefined,
      ...config,
    };
  }

  with(...domains: readonly Domain[]): this {
    for (const one of domains) this.domains.set(one.uuid, one);
    return this;
  }

  connect(): Promise<void> {
    this.status = { kind: 'connected' };
    this.changed.fire();
    return Promise.resolve();
  }

  disconnect(): void {
    this.status = { kind: 'disconnected' };
    this.changed.fire();
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  run<T>(command: VirshCommand<T>): Promise<T> {
    return Promise.reject(new Error(`Nobody runs ${command.args.join(' ')} here.`));
  }

  sh<T>(script: ShellScript<T>): Promise<T> {
    return Promise.reject(new Error(`Nobody runs ${script.label} here.`));
  }
}

export class FakeFleet implements Fleet {
  readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(public hypervisors: readonly FakeHypervisor[]) {}

  get(name: string): FakeHypervisor | undefined {
    return this.hypervisors.find((hypervisor) => hypervisor.config.name === name);
  }
}

/** Of one whose memory is copied. */
export const underWay: MigrationState = {
  phase: 'precopy',
  destination: 'hv2',
  outcome: undefined,
  interrupted: undefined,
  leftPausedOn: undefined,
  endedAtMs: undefined,
};

export class FakeMigration implements Migration {
  readonly id: string;
  readonly domainUuid: string;
  domainName = 'web-1';
  domainTitle: string | undefined;
  source = 'hv1';
  startedAtMs = 1_000_000;
  state: MigrationState = underWay;
  samples: Sample[] = [];
  marks: Mark[] = [];
  fields: readonly RawField[] = [];
  readonly changes = new Emitter<MigrationChange>();
  readonly onDidChange = this.changes.event;

  constructor(told: Partial<Omit<FakeMigration, 'state'>> & { readonly state?: Partial<MigrationState> } = {}) {
    const { state, ...rest } = told;
    this.id = rest.id ?? 'migration-1';
    this.domainUuid = rest.domainUuid ?? 'uuid-1';
    Object.assign(this, rest);
    this.state = { ...this.state, ...state };
  }

  /** Adds a reading `elapsedMs` after the start, as the watcher would. */
  sample(elapsedMs: number, told: Partial<JobFigures>, maxDowntimeMs?: number): this {
    const sample: Sample = { atMs: this.startedAtMs + elapsedMs, elapsedMs, job: figures(told), maxDowntimeMs };
    this.samples.push(sample);
    this.changes.fire({ samples: [sample], marks: [] });
    return this;
  }

  mark(mark: Mark): this {
    this.marks.push(mark);
    this.changes.fire({ samples: [], marks: [mark] });
    return this;
  }

  become(state: Partial<MigrationState>): this {
    this.state = { ...this.state, ...state };
    this.changes.fire({ samples: [], marks: [] });
    return this;
  }
}

export class FakeMigrations implements Migrations {
  readonly changed = new Emitter<void>();
  readonly started = new Emitter<Migration>();
  readonly ended = new Emitter<Migration>();
  readonly onDidChange = this.changed.event;
  readonly onDidStart = this.started.event;
  readonly onDidEnd = this.ended.event;

  constructor(public all: readonly Migration[] = []) {}

  get(id: string): Migration | undefined {
    return this.all.find((migration) => migration.id === id);
  }

  running(host: string, domainUuid: string): Migration | undefined {
    return this.all.find(
      ({ state, source, domainUuid: uuid }) =>
        state.outcome === undefined && uuid === domainUuid && (source === host || state.destination === host),
    );
  }
}

/** A reading of the lab's stuck migration: 512 MiB, 20 MiB/s, and as much dirtied. */
export function stuckFigures(iteration: number, remainingMiB: number): Partial<JobFigures> {
  return {
    type: 'unbounded',
    operation: 'outgoingMigration',
    memoryTotalBytes: 512 * mib,
    memoryProcessedBytes: 500 * mib,
    memoryRemainingBytes: remainingMiB * mib,
    memoryBytesPerSecond: 20 * mib,
    memoryDirtyPagesPerSecond: iteration < 2 ? 0 : 5120,
    memoryPageSizeBytes: 4096,
    memoryIteration: iteration,
    downtimeMs: iteration < 2 ? 300 : 10_240,
  };
}
