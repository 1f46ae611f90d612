import { Emitter } from '../../../../src/base/emitter.js';
import type { FormActions, FormServices } from '../../../../src/migration/form/session.js';
import { builtInPresets, type Preset } from '../../../../src/migration/form/presets.js';
import { RememberedChoices } from '../../../../src/migration/form/remembered.js';
import type { Migration } from '../../../../src/migration/model.js';
import type {
  CheckResult,
  Expectation,
  Preflight,
  PreflightReport,
  Route,
  Routes,
} from '../../../../src/migration/preflight/model.js';
import type {
  MigrationOptions,
  MigrationRequest,
  MigrationStarter,
  StartedMigration,
  StartState,
} from '../../../../src/migration/start/model.js';
import { migrateWords, problemsOf } from '../../../../src/migration/start/line.js';
import { UserError } from '../../../../src/base/errors.js';
import type { VirshCommand } from '../../../../src/virsh/command.js';
import { domain, everything, FakeFleet, FakeHypervisor, FakeMigrations, mib } from '../../fakes.js';

export const uuid = '11111111-2222-3333-4444-555555555555';

/** A host that tells its free memory, and whether a domain is persistent. */
export class FormHost extends FakeHypervisor {
  persistent = true;

  override run<T>(command: VirshCommand<T>): Promise<T> {
    const answers: Readonly<Record<string, string>> = {
      nodememstats: 'total  : 8192 KiB\nfree   : 4096 KiB\nbuffers: 0 KiB\ncached : 1024 KiB\n',
      dominfo: `Persistent:     ${this.persistent ? 'yes' : 'no'}\n`,
    };
    const stdout = answers[command.args[0] ?? ''];
    if (stdout === undefined) return super.run(command);
    return Promise.resolve(command.parse({ stdout, stderr: '' }));
  }
}

export class FakeStarter implements MigrationStarter {
  all: readonly StartedMigration[] = [];
  readonly changed = new Emitter<void>();
  readonly ended = new Emitter<StartedMigration>();
  readonly onDidChange = this.changed.event;
  readonly onDidEnd = this.ended.event;
  readonly requests: MigrationRequest[] = [];
  refusal: UserError | undefined;
  /** What a start waits for. */
  hold: Promise<void> = Promise.resolve();
  private end: (state: StartState) => void = () => undefined;
  private readonly state = new Promise<StartState>((resolve) => (this.end = resolve));

  constructor(private readonly fleet: FakeFleet) {}

  lineOf(request: MigrationRequest): string {
    const configs = this.fleet.hypervisors.map(({ config }) => config);
    const problems = problemsOf(request, this.fleet.get(request.source)?.capabilities ?? everything, configs);
    if (problems.length > 0) throw new UserError(problems.join(' '), 'Nothing was started.');
    return `virsh ${migrateWords(request, everything).join(' ')}`;
  }

  async start(request: MigrationRequest): Promise<StartedMigration> {
    await this.hold;
    if (this.refusal !== undefined) throw this.refusal;
    this.requests.push(request);
    return this.started(request, { kind: 'running' });
  }

  async whenEnded(): Promise<StartedMigration> {
    const state = await this.state;
    const [request] = this.requests;
    if (request === undefined) throw new Error('Nothing was started.');
    return this.started(request, state);
  }

  endAs(state: StartState): void {
    this.end(state);
  }

  private started(request: MigrationRequest, state: StartState): StartedMigration {
    return { id: 'start-1', request, domainName: 'web-1', line: this.lineOf(request), startedAtMs: 0, state };
  }
}

export const passed: CheckResult = {
  id: 'memory',
  verdict: 'passed',
  title: 'Free memory on hv2',
  reason: '4 GiB are free.',
  advice: undefined,
};
export const failed: CheckResult = {
  id: 'networks',
  verdict: 'failed',
  title: 'Networks on hv2',
  reason: 'There is no bridge br0.',
  advice: 'Make one.',
};
export const converges: Expectation = {
  converges: true,
  timeMs: 26_000,
  sentence: 'It takes about 26 s.',
  suggestions: [],
};

/** Answers each run when the test says so, or at once with `report`. */
export class FakePreflight implements Preflight {
  report: PreflightReport | undefined = { checks: [passed], expectation: converges };
  readonly runs: { request: MigrationRequest; signal: AbortSignal | undefined }[] = [];
  /** Until when each guest is watched behind the form. */
  readonly watched: AbortSignal[] = [];
  onCheck: ((check: CheckResult) => void) | undefined;

  run(
    request: MigrationRequest,
    onCheck?: (result: CheckResult) => void,
    signal?: AbortSignal,
  ): Promise<PreflightReport> {
    this.runs.push({ request, signal });
    this.onCheck = onCheck;
    const { report } = this;
    return report === undefined ? new Promise(() => undefined) : Promise.resolve(report);
  }

  watchGuest(_: MigrationRequest, signal: AbortSignal): Promise<void> {
    this.watched.push(signal);
    return Promise.resolve();
  }
}

export class FakeRoutes implements Routes {
  readonly asked: string[] = [];
  routes: readonly Route[] = [
    {
      destinationUri: 'qemu+tcp://hv2/system',
      migrationUri: 'tcp://192.0.2.2',
      reachable: true,
      reason: 'hv2 answers hv1 by qemu+tcp.',
    },
    {
      destinationUri: 'qemu+ssh://root@hv2/system',
      migrationUri: undefined,
      reachable: false,
      reason: 'Host key verification failed.',
    },
  ];

  find(source: string, destination: string): Promise<readonly Route[]> {
    this.asked.push(`${source} ${destination}`);
    return Promise.resolve(this.routes);
  }
}

/** Two connected hosts, web-1 on the first, and everything a form works with. */
export class FormScene {
  readonly web = domain({ uuid, name: 'web-1', title: 'The shop', memoryBytes: 512 * mib, vcpus: 2 });
  readonly hv1 = new FormHost('hv1').with(this.web);
  readonly hv2 = new FormHost('hv2');
  readonly fleet = new FakeFleet([this.hv1, this.hv2]);
  readonly migrations = new FakeMigrations();
  readonly starter = new FakeStarter(this.fleet);
  readonly preflight = new FakePreflight();
  readonly routes = new FakeRoutes();
  presets: readonly Preset[] = builtInPresets;
  private readonly kept = new Map<string, unknown>();
  readonly remembered = new RememberedChoices({
    get: (key, fallback) => (this.kept.has(key) ? (this.kept.get(key) as typeof fallback) : fallback),
    update: (key, value) => {
      this.kept.set(key, JSON.parse(JSON.stringify(value)));
      return Promise.resolve();
    },
  });

  readonly services: FormServices = {
    fleet: this.fleet,
    migrations: this.migrations,
    starter: this.starter,
    preflight: this.preflight,
    routes: this.routes,
    remembered: this.remembered,
    presets: () => this.presets,
  };

  /** What was asked of the editor, in order. */
  readonly told: string[] = [];
  answer = true;
  /** What happens while a question stands open. */
  meanwhile: () => void = () => undefined;
  readonly actions: FormActions = {
    confirm: (guest, checks, unfinished) => {
      this.told.push(`confirm ${guest} ${checks.map(({ id }) => id).join()}${unfinished ? ' unfinished' : ''}`);
      this.meanwhile();
      return Promise.resolve(this.answer);
    },
    savePreset: (options: Partial<MigrationOptions>) => {
      this.told.push(`save ${JSON.stringify(options)}`);
      const name = 'Mine';
      this.presets = [...this.presets, { name, apply: (defaults) => ({ ...defaults, ...options }) }];
      return Promise.resolve(name);
    },
    editPresets: () => this.told.push('edit presets'),
    copy: (text) => this.told.push(`copy ${text}`),
    failed: (text) => this.told.push(`failed ${text}`),
    opened: (migration: Migration) => this.told.push(`opened ${migration.id}`),
    close: (why) => this.told.push(why === undefined ? 'close' : `close ${why}`),
  };
}
