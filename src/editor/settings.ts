import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import type { HostConfig } from '../hypervisor/model.js';
import { type HostEntry, type ParsedHosts, parseHosts, withHost, withoutHost } from './hostSettings.js';

const section = 'libvirt';
/** One reading a second shows an iteration's shape and costs a host next to nothing. */
const defaultSampleIntervalMs = 1000;
const minSampleIntervalMs = 200;
const maxSampleIntervalMs = 60_000;

/** Which hosts are connected when the editor starts; never with a prompt. */
export type AutoConnect = 'lastUsed' | 'all' | 'none';

/** The user's settings, read once a change. Hosts are the user's own: a workspace can't add any. */
export class Settings implements Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new Emitter<void>();
  private parsed: ParsedHosts = parseHosts(rawHosts());
  private intervalMs = readSampleInterval();

  /** Hosts, their problems or the sample interval changed. */
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
    return this.parsed.hosts;
  }

  /** What can't be used of `libvirt.hosts`: a sentence an entry. */
  get problems(): readonly string[] {
    return this.parsed.problems;
  }

  get sampleIntervalMs(): number {
    return this.intervalMs;
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

  /** Resolves once `hosts` holds it. */
  async addHost(entry: HostEntry): Promise<void> {
    await this.write(withHost(rawHosts(), entry));
  }

  async removeHost(name: string): Promise<void> {
    await this.write(withoutHost(rawHosts(), name));
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async write(hosts: unknown[]): Promise<void> {
    await vscode.workspace.getConfiguration(section).update('hosts', hosts, vscode.ConfigurationTarget.Global);
    // The change may be announced only after the write is: whoever waited for it sees it now.
    this.reload();
  }

  private reload(): void {
    const parsed = parseHosts(rawHosts());
    const intervalMs = readSampleInterval();
    const same = JSON.stringify(parsed) === JSON.stringify(this.parsed) && intervalMs === this.intervalMs;
    this.parsed = parsed;
    this.intervalMs = intervalMs;
    if (!same) this.changed.fire();
  }
}

/** The editor hands settings out behind read-only proxies; this is plain JSON again, fit to be written back. */
function rawHosts(): unknown {
  const value = vscode.workspace.getConfiguration(section).inspect('hosts')?.globalValue;
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

function readSampleInterval(): number {
  const value = vscode.workspace.getConfiguration(section).get<unknown>('sampleInterval');
  if (typeof value !== 'number' || !Number.isFinite(value)) return defaultSampleIntervalMs;
  return Math.round(Math.min(maxSampleIntervalMs, Math.max(minSampleIntervalMs, value)));
}
