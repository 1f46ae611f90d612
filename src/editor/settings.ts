import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import { UserError } from '../base/errors.js';
import type { HostConfig } from '../hypervisor/model.js';
import { type Presets, readPresets } from '../migration/form/presets.js';
import type { MigrationOptions } from '../migration/start/model.js';
import type { TransportChoice } from '../ssh/choose.js';
import { type HostEntry, type ParsedHosts, parseHosts, withHost, withoutHost } from './hostSettings.js';

const section = 'libvirt';
const hostsKey = 'hosts';
const presetsKey = 'migrate.presets';
/** One reading a second shows an iteration's shape and costs a host next to nothing. */
const defaultSampleIntervalMs = 1000;
const minSampleIntervalMs = 200;
const maxSampleIntervalMs = 60_000;

/** Which hosts are connected when the editor starts; never with a prompt. */
export type AutoConnect = 'lastUsed' | 'all' | 'none';

/** What is read once a change. */
interface Read {
  readonly hosts: ParsedHosts;
  /** The named sets of options that a migration may be started with: the built-in ones, and the user's own. */
  readonly presets: Presets;
  readonly sampleIntervalMs: number;
  /** All of the above as it is written, which can be compared. */
  readonly written: string;
}

/** The user's settings. Hosts are the user's own: a workspace can't add any. */
export class Settings implements Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new Emitter<void>();
  private now = read();

  /** Hosts, presets, the problems of either, or the sample interval changed. */
  readonly onDidChange = this.changed.event;

  constructor() {
    this.owned.add(this.changed);
    this.owned.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(section)) this.reload();
      }),
    );
  }

  get hosts(): readonly HostConfig[] {
    return this.now.hosts.hosts;
  }

  /** What can't be used of `libvirt.hosts` and of the presets: a sentence an entry, which begins with the setting's name. */
  get problems(): readonly string[] {
    return [...this.now.hosts.problems, ...this.now.presets.problems];
  }

  get sampleIntervalMs(): number {
    return this.now.sampleIntervalMs;
  }

  get autoConnect(): AutoConnect {
    const value = vscode.workspace.getConfiguration(section).get<unknown>('autoConnect');
    return value === 'all' || value === 'none' ? value : 'lastUsed';
  }

  /** A configuration to read instead of the user's and the system's, as `ssh -F` does; undefined for those. */
  get sshConfigFile(): string | undefined {
    const value = vscode.workspace.getConfiguration(section).get<unknown>('ssh.configFile');
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  }

  get sshTransport(): TransportChoice {
    const value = vscode.workspace.getConfiguration(section).get<unknown>('ssh.transport');
    return value === 'ssh2' || value === 'openssh' ? value : 'auto';
  }

  /** Whether accepted host keys go to a file of the extension's own. */
  get keepsAcceptedKeys(): boolean {
    return vscode.workspace.getConfiguration(section).get<unknown>('ssh.acceptedKeys') === 'extension';
  }

  /** Whether it is said, once, that a migration never ends at its settings. */
  get tellsWhenStuck(): boolean {
    return vscode.workspace.getConfiguration(section).get<unknown>('notify.stuck') !== false;
  }

  get presets(): Presets {
    return this.now.presets;
  }

  /** Resolves once `presets` holds it under its name, in place of one that had it already. */
  async savePreset(name: string, options: Partial<MigrationOptions>): Promise<void> {
    const before = rawSetting(presetsKey) ?? {};
    if (typeof before !== 'object' || Array.isArray(before)) {
      throw new UserError(
        'The setting libvirt.migrate.presets is no object, so it was left as it is.',
        'Correct it in the settings.',
      );
    }
    await this.write(presetsKey, { ...before, [name]: options });
  }

  /** Resolves once `hosts` holds it. */
  async addHost(entry: HostEntry): Promise<void> {
    await this.write(hostsKey, withHost(rawHosts(), entry));
  }

  async removeHost(name: string): Promise<void> {
    await this.write(hostsKey, withoutHost(rawHosts(), name));
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async write(key: string, value: unknown): Promise<void> {
    await vscode.workspace.getConfiguration(section).update(key, value, vscode.ConfigurationTarget.Global);
    // The change may be announced only after the write is: whoever waited for it sees it now.
    this.reload();
  }

  private reload(): void {
    const before = this.now.written;
    this.now = read();
    if (this.now.written !== before) this.changed.fire();
  }
}

function read(): Read {
  const [hosts, presets] = [rawHosts(), rawSetting(presetsKey)];
  const sampleIntervalMs = readSampleInterval();
  return {
    hosts: parseHosts(hosts),
    presets: readPresets(presets),
    sampleIntervalMs,
    written: JSON.stringify([hosts, presets, sampleIntervalMs]),
  };
}

/** The editor hands settings out behind read-only proxies; this is plain JSON again, fit to be written back. */
function rawSetting(key: string): unknown {
  const value = vscode.workspace.getConfiguration(section).inspect(key)?.globalValue;
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

function rawHosts(): unknown {
  return rawSetting(hostsKey);
}

function readSampleInterval(): number {
  const value = vscode.workspace.getConfiguration(section).get<unknown>('sampleInterval');
  if (typeof value !== 'number' || !Number.isFinite(value)) return defaultSampleIntervalMs;
  return Math.round(Math.min(maxSampleIntervalMs, Math.max(minSampleIntervalMs, value)));
}
