import { existsSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostFolder, type HostName, type HostPlan } from './layout.js';
import { sshdConfig } from './hostScript.js';
import { run, type Running, type RunResult, start, until } from './run.js';

export const sshPort = 22;

/** A further sshd of a host. */
export interface ExtraSshd {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** One hypervisor of the lab, from the inside: commands run in its namespaces, without SSH. */
export class LabHost {
  readonly name: HostName;
  readonly address: string;
  readonly port = sshPort;
  /** What it sees of the file system, from the outside. */
  readonly folder: string;

  constructor(
    private readonly plan: HostPlan,
    /** Its process 1, as this machine counts. */
    readonly pid: number,
  ) {
    this.name = plan.name;
    this.address = plan.address;
    this.folder = hostFolder(plan.name);
  }

  /** The words before a command that make it run on this host. */
  get enter(): readonly string[] {
    const locale = ['LC_ALL=C', 'VIRSH_HISTSIZE=0', 'HOME=/root'];
    return ['nsenter', '-t', String(this.pid), '-m', '-u', '-n', '-p', '--', 'env', ...locale];
  }

  exec(argv: readonly string[], input?: string): Promise<RunResult> {
    return run([...this.enter, ...argv], input);
  }

  /** Starts a program on this host that may be killed. */
  start(argv: readonly string[], input?: string): Promise<Running> {
    return start([...this.enter, ...argv], input);
  }

  /** Runs one virsh command; a refusal is an error in virsh's words. `exec(['virsh', ...])` tells of it instead. */
  async virsh(args: readonly string[]): Promise<string> {
    const { stdout, stderr, code } = await this.exec(['virsh', ...args]);
    if (code !== 0) throw new Error(`${this.name}: virsh ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  /** `running (migrated)`, or undefined when the host has no such domain. */
  async stateOf(uuid: string): Promise<string | undefined> {
    const { stdout, code } = await this.exec(['virsh', 'domstate', '--reason', uuid]);
    return code === 0 ? stdout.trim() : undefined;
  }

  /** UUIDs of its domains, also of those that are shut off. */
  async domains(): Promise<readonly string[]> {
    return (await this.virsh(['list', '--all', '--uuid'])).split('\n').filter((line) => line !== '');
  }

  /** Writes a file in the host's folder; returns its path, which is the same inside and outside. */
  async writeFile(name: string, content: string, mode = 0o644): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  /** Another sshd on this host, with settings of its own (they win over the lab's). Lives until the lab goes down, or `stop`. */
  async startSshd(port: number, settings: readonly string[] = []): Promise<ExtraSshd> {
    const pidFile = join(this.folder, `sshd-${port}.pid`);
    const config = await this.writeFile(`sshd_config-${port}`, sshdConfig(this.plan, port, pidFile, settings));
    const log = join(this.folder, `sshd-${port}.log`);
    await rm(pidFile, { force: true });
    const { stderr, code } = await this.exec(['/usr/sbin/sshd', '-f', config, '-E', log]);
    if (code !== 0) throw new Error(`sshd on ${this.name}:${port}: ${stderr.trim()}`);
    // It goes into the background before it listens, and writes this after.
    await until(`sshd on ${this.name}:${port}`, () => (existsSync(pidFile) ? true : undefined), 10_000);
    const stop = async (): Promise<void> => {
      // Counted in the host's own numbers.
      const pid = await readFile(pidFile, 'utf8').catch(() => undefined);
      if (pid === undefined) return;
      // Its port is free once it is gone.
      await this.exec(['sh', '-c', 'kill "$0"; while kill -0 "$0" 2>/dev/null; do sleep 0.05; done', pid.trim()]);
    };
    return { address: this.address, port, stop };
  }
}
