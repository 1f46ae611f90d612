import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Migrations } from '../migration/model.js';
import { Coalescer } from './coalescer.js';
import type { HostProblems } from './hostsTree.js';

const refreshMs = 100;

/** The context keys that welcome texts, menus and keybindings go by. README documents them. */
export class ContextKeys implements Disposable {
  private readonly owned = new Disposables();
  private readonly told = new Map<string, boolean>();

  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Migrations,
    private readonly settings: HostProblems,
  ) {
    const refresh = this.owned.add(new Coalescer(refreshMs, () => this.tell()));
    this.owned.add(fleet.onDidChange(() => refresh.request()));
    this.owned.add(migrations.onDidChange(() => refresh.request()));
    this.owned.add(settings.onDidChange(() => refresh.request()));
    this.tell();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private tell(): void {
    const hosts = this.fleet.hypervisors;
    const migrations = this.migrations.all;
    this.set('libvirt.ready', true);
    this.set('libvirt.hasHosts', hosts.length > 0);
    this.set('libvirt.hasHostProblems', this.settings.problems.length > 0);
    this.set(
      'libvirt.connected',
      hosts.some(({ status }) => status.kind === 'connected'),
    );
    this.set(
      'libvirt.hasChangedHostKey',
      hosts.some(({ status }) => status.kind === 'failed' && status.remedy === 'forgetHostKey'),
    );
    this.set('libvirt.hasMigrations', migrations.length > 0);
    this.set(
      'libvirt.migrating',
      migrations.some(({ state }) => state.outcome === undefined),
    );
    this.set(
      'libvirt.hasPausedGuest',
      migrations.some(({ state }) => state.leftPausedOn !== undefined || state.phase === 'paused'),
    );
  }

  private set(key: string, value: boolean): void {
    if (this.told.get(key) === value) return;
    this.told.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
