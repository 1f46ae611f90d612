import { Emitter } from '../../src/base/emitter.js';
import type {
  Capabilities,
  Domain,
  DomainEvent,
  HostConfig,
  HypervisorStatus,
  ObservedHypervisor,
} from '../../src/hypervisor/model.js';
import { UserError } from '../../src/base/errors.js';
import type { VirshCommand } from '../../src/virsh/command.js';
import type { ScriptResult, ShellScript } from '../../src/virsh/script.js';
import { everything } from './fakes.js';
import type { VirshEvent } from '../../src/virsh/domain.js';

export { everything } from './fakes.js';

export const uuid = '11111111-2222-3333-4444-555555555555';

export function domain(told: Partial<Domain> = {}): Domain {
  return {
    uuid,
    name: 'web-1',
    title: undefined,
    memoryBytes: 512 * 1024 * 1024,
    vcpus: 1,
    platformName: undefined,
    platform: undefined,
    virtType: 'kvm',
    state: 'running',
    reason: 'booted',
    ...told,
  };
}

/** `domjobinfo`, `domstate`, ...: the command's name, and whether it asks for the finished job. */
function questionOf(args: readonly string[]): string {
  return args.includes('--completed') ? 'domjobinfo --completed' : (args[0] ?? '');
}

/** A hypervisor whose virsh answers from a table: what it prints, by the command it is asked; an Error is thrown. */
export class ScriptedHypervisor implements ObservedHypervisor {
  readonly config: HostConfig;
  readonly domains = new Map<string, Domain>();
  readonly answers = new Map<string, string | Error>();
  readonly asked: string[] = [];
  /** What a script prints, by its label; an Error is thrown. */
  readonly scripts = new Map<string, ScriptResult | Error>();
  status: HypervisorStatus = { kind: 'connected' };
  capabilities: Capabilities | undefined = everything;

  private readonly changed = new Emitter<void>();
  private readonly events = new Emitter<DomainEvent>();
  private readonly nets = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  readonly onEvent = this.events.event;
  readonly onNet = this.nets.event;

  constructor(name: string, config: Partial<HostConfig> = {}) {
    this.config = {
      name,
      destination: name,
      uri: 'qemu:///system',
      virsh: 'virsh',
      readOnly: false,
      group: undefined,
      ...config,
    };
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  disconnect(): void {
    this.setStatus({ kind: 'disconnected' });
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  run<T>(command: VirshCommand<T>): Promise<T> {
    const question = questionOf(command.args);
    this.asked.push(question);
    const answer =
      this.answers.get(question) ?? new UserError(`${this.config.name}: no answer scripted for ${question}`);
    // A host's answer never comes within the same turn.
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        if (typeof answer !== 'string') reject(answer);
        else resolve(command.parse({ stdout: answer, stderr: '' }));
      });
    });
  }

  async sh<T>(script: ShellScript<T>): Promise<T> {
    this.asked.push(script.label);
    const result = this.scripts.get(script.label) ?? new UserError(`${this.config.name}: no ${script.label} scripted`);
    await new Promise((resolve) => setImmediate(resolve));
    if (result instanceof Error) throw result;
    return script.parse(result);
  }

  setStatus(status: HypervisorStatus): void {
    this.status = status;
    this.changed.fire();
  }

  setDomain(value: Domain): void {
    this.domains.set(value.uuid, value);
    this.changed.fire();
  }

  event(event: VirshEvent): void {
    const domainOf = [...this.domains.values()].find((d) => d.name === event.domainName);
    this.events.fire({ domain: domainOf, event });
  }

  net(): void {
    this.nets.fire();
  }
}
