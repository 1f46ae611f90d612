import { Emitter } from '../../../../src/base/emitter.js';
import { UserError } from '../../../../src/base/errors.js';
import type { ReplacingStorage } from '../../../../src/base/storage.js';
import { Evacuations } from '../../../../src/migration/evacuation/evacuations.js';
import type { EvacuationItem, EvacuationPlan, EvacuationSettings } from '../../../../src/migration/evacuation/model.js';
import type { Action, Outcome } from '../../../../src/migration/model.js';
import type {
  CheckResult,
  Expectation,
  Preflight,
  PreflightReport,
} from '../../../../src/migration/preflight/model.js';
import type { MigrationRequest, MigrationStarter, StartedMigration } from '../../../../src/migration/start/model.js';
import type { Steering } from '../../../../src/migration/steering.js';
import type { VirshCommand } from '../../../../src/virsh/command.js';
import { domain, FakeFleet, FakeHypervisor, FakeMigration, FakeMigrations, mib } from '../../fakes.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';

/** The disk that all windows of a test share. */
export class MemoryStorage implements ReplacingStorage {
  readonly files = new Map<string, string>();
  /** Set to have writing fail. */
  full = false;

  append(file: string, lines: string): Promise<void> {
    return this.write(file, (this.files.get(file) ?? '') + lines);
  }

  read(file: string): Promise<string | undefined> {
    return Promise.resolve(this.files.get(file));
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()]);
  }

  remove(file: string): Promise<void> {
    this.files.delete(file);
    return Promise.resolve();
  }

  replace(file: string, text: string): Promise<void> {
    return this.write(file, text);
  }

  async create(file: string, text: string): Promise<boolean> {
    if (this.files.has(file)) return false;
    await this.write(file, text);
    return true;
  }

  private write(file: string, text: string): Promise<void> {
    if (this.full) return Promise.reject(new Error('no space left on device'));
    this.files.set(file, text);
    return Promise.resolve();
  }
}

/** Two or three hosts and the migrations that run on them, whatever windows come and go. */
export class World {
  readonly storage = new MemoryStorage();
  readonly hv1 = new FakeHypervisor('hv1');
  readonly hv2 = new FakeHypervisor('hv2');
  readonly hv3 = new FakeHypervisor('hv3');
  readonly fleet = new FakeFleet([this.hv1, this.hv2, this.hv3]);
  /** All that was ever sent to a host. */
  readonly starts: StartedMigration[] = [];
  readonly changed = new Emitter<StartedMigration>();
  /** Refusals by domain, before anything is started. */
  readonly refusals = new Map<string, Error>();
  /** Domains whose start is sent, but of which no answer has come yet. */
  readonly held = new Set<string>();
  readonly failing = new Map<string, Partial<CheckResult>>();
  readonly expectations = new Map<string, Partial<Expectation>>();
  /** Pre-flights asked for, in order. */
  readonly checked: string[] = [];
  /** While set, pre-flights wait for it. */
  gate: Promise<void> | undefined;
  /** Whether a window's starter learns of the starts of others when it is asked for one. */
  followsOthers = false;
  /** The words of a libvirt that refuses to abort. */
  abortRefusal: string | undefined;
  abortsSent = 0;
  now = 1_000_000;
  readonly alive = new Set<number>();

  constructor(names: readonly string[], memoryMiB = 128) {
    for (const name of names) this.hv1.with(domain({ uuid: name, name, memoryBytes: memoryMiB * mib }));
    for (const host of this.fleet.hypervisors) host.run = (command) => this.answer(command);
  }

  /** A source tells the job of what migrates away from it; there is no other question. */
  private answer<T>(command: VirshCommand<T>): Promise<T> {
    const uuid = command.args.at(-1) ?? '';
    if (!this.running.includes(uuid)) return Promise.reject(new Error('no job'));
    return Promise.resolve(command.parse({ stdout: outgoingJob, stderr: '' }));
  }

  /** The domains that migrate now. */
  get running(): readonly string[] {
    return this.starts.filter(({ state }) => state.kind === 'running').map(({ request }) => request.domainUuid);
  }

  runningTo(destination: string): readonly string[] {
    return this.starts
      .filter(({ state, request }) => state.kind === 'running' && request.destination === destination)
      .map(({ request }) => request.domainUuid);
  }

  send(request: MigrationRequest): StartedMigration {
    if (this.running.includes(request.domainUuid)) throw new Error(`${request.domainUuid} was started twice`);
    const started: StartedMigration = {
      id: `start-${this.starts.length + 1}`,
      request,
      domainName: request.domainUuid,
      line: 'migrate',
      startedAtMs: this.now,
      state: { kind: 'running' },
    };
    this.starts.push(started);
    return started;
  }

  /** A migration ends well: its guest is on its destination. */
  succeed(uuid: string): void {
    const { request } = this.current(uuid);
    const guest = this.hv1.domains.get(uuid);
    this.hv1.domains.delete(uuid);
    if (guest !== undefined) this.fleet.get(request.destination ?? '')?.with(guest);
    this.end(uuid, { kind: 'succeeded', endedAtMs: this.now });
  }

  fail(uuid: string, text: string): void {
    this.end(uuid, { kind: 'failed', endedAtMs: this.now, text });
  }

  end(uuid: string, state: StartedMigration['state']): void {
    const index = this.starts.indexOf(this.current(uuid));
    const ended = { ...this.current(uuid), state };
    this.starts[index] = ended;
    this.changed.fire(ended);
  }

  private current(uuid: string): StartedMigration {
    const started = this.starts.findLast(({ request }) => request.domainUuid === uuid);
    if (started === undefined) throw new Error(`${uuid} was never started`);
    return started;
  }
}

/** As `domjobinfo --rawstats` prints it. */
const outgoingJob = 'Job type:         2\noperation:        5\n';

let windows = 0;

/** One window of the editor on a world. */
export class Window {
  readonly migrations = new FakeMigrations();
  readonly evacuations: Evacuations;
  readonly aborted: string[] = [];
  readonly pid = (windows += 1);
  readonly said: string[] = [];
  readonly ended: string[] = [];
  /** The starts its starter knows: what was there when it opened, and its own. */
  private readonly known: Set<string>;

  constructor(readonly world: World) {
    world.alive.add(this.pid);
    this.known = new Set(world.starts.map(({ id }) => id));
    // Every window watches the hosts, whoever started what migrates there.
    world.changed.event((start) => this.see(start));
    this.evacuations = new Evacuations({
      starter: this.starter(),
      preflight: this.preflight(),
      steering: this.steering(),
      migrations: this.migrations,
      fleet: world.fleet,
      log: {
        virsh: () => undefined,
        info: (_, text) => this.said.push(text),
        error: (_, text) => this.said.push(text),
      },
      optionsFor: () => defaultOptions(false),
      storage: world.storage,
      around: {
        self: { window: `window-${this.pid}`, pid: this.pid, machine: 'laptop' },
        now: () => world.now,
        isAlive: (pid) => world.alive.has(pid),
      },
      newId: () => `evacuation-${this.pid}`,
    });
    this.evacuations.onDidEnd(({ source }) => this.ended.push(source));
  }

  /** The window is killed: nothing of it acts any more, and nothing is given back. */
  kill(): void {
    this.world.alive.delete(this.pid);
    // What a dead process leaves on the disk is what was there in its last moment.
    const left = new Map(this.world.storage.files);
    this.evacuations.dispose();
    for (const [file, text] of left) this.world.storage.files.set(file, text);
    this.world.storage.full = true;
  }

  async evacuate(plan: EvacuationPlan, settings: Partial<EvacuationSettings> = {}): Promise<void> {
    const route = (name: string) => [name, { destinationUri: `qemu+ssh://${name}/system`, migrationUri: undefined }];
    await this.evacuations.start(
      plan,
      { perSource: 2, perDestination: 2, options: {}, ...settings },
      Object.fromEntries(['hv2', 'hv3'].map(route)) as Record<
        string,
        { destinationUri: string; migrationUri: undefined }
      >,
    );
    await settled();
  }

  item(uuid: string): EvacuationItem {
    const item = this.evacuations.get('hv1')?.record.items.find((one) => one.uuid === uuid);
    if (item === undefined) throw new Error(`no item ${uuid}`);
    return item;
  }

  /** The state of each, in order: `a: migrating`. */
  get states(): readonly string[] {
    return (this.evacuations.get('hv1')?.record.items ?? []).map(({ uuid, state }) => `${uuid}: ${state.kind}`);
  }

  private see({ request, startedAtMs, state }: StartedMigration): void {
    const { domainUuid, source } = request;
    const outcome: Outcome =
      state.kind === 'failed' ? { kind: 'failed', reason: state.text } : { kind: 'endedWithoutCompleting' };
    const seen = new FakeMigration({ id: `m-${domainUuid}`, domainUuid, source, startedAtMs, state: { outcome } });
    this.migrations.all = [seen, ...this.migrations.all];
    this.migrations.ended.fire(seen);
  }

  private starter(): MigrationStarter {
    const { world, known } = this;
    return {
      lineOf: () => 'migrate',
      get all() {
        return world.starts.filter(({ id }) => known.has(id));
      },
      onDidChange: () => ({ dispose: () => undefined }),
      onDidEnd: world.changed.event,
      start: async (request) => {
        await Promise.resolve();
        const refusal = world.refusals.get(request.domainUuid);
        if (refusal !== undefined) throw refusal;
        const started = world.send(request);
        known.add(started.id);
        if (world.held.has(request.domainUuid)) await new Promise(() => undefined);
        return started;
      },
      whenEnded: (id) =>
        new Promise((resolve, reject) => {
          const start = world.starts.find((one) => one.id === id && (world.followsOthers || known.has(id)));
          if (start === undefined) reject(new UserError('No such start is known here.'));
          else if (start.state.kind !== 'running') resolve(start);
          else
            world.changed.event((ended) => {
              if (ended.id === id) resolve(ended);
            });
        }),
    };
  }

  private preflight(): Pick<Preflight, 'run'> {
    const { world } = this;
    return {
      run: async ({ domainUuid }): Promise<PreflightReport> => {
        world.checked.push(domainUuid);
        await world.gate;
        await Promise.resolve();
        const failing = world.failing.get(domainUuid);
        const told: CheckResult = {
          id: 'memory',
          title: 'Free memory on hv2',
          verdict: failing === undefined ? 'passed' : 'failed',
          reason: 'enough',
          advice: undefined,
          ...failing,
        };
        const expectation: Expectation = {
          converges: true,
          timeMs: 10_000,
          sentence: 'About 10 s.',
          suggestions: [],
          ...world.expectations.get(domainUuid),
        };
        return { checks: [told], expectation };
      },
    };
  }

  private steering(): Steering {
    const { world } = this;
    return {
      perform: async (_host: string, uuid: string, action: Action) => {
        await Promise.resolve();
        world.abortsSent += 1;
        if (world.abortRefusal !== undefined) throw new UserError(world.abortRefusal);
        this.aborted.push(`${action.kind} ${uuid}`);
        world.fail(uuid, 'operation aborted: migration out job: canceled by client');
        return 'aborted';
      },
    };
  }
}

/** Everything to one destination, or to those named. */
export function planTo(names: readonly string[], destinations: readonly string[] = ['hv2']): EvacuationPlan {
  return {
    source: 'hv1',
    moves: names.map((name, index) => ({
      uuid: name,
      name,
      memoryBytes: 128 * mib,
      persistent: false,
      destination: destinations[index % destinations.length] ?? 'hv2',
    })),
    left: [],
  };
}

/** Lets all that is under way go as far as it can without anything from outside. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
