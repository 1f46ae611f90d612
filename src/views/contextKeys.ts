import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Migrations } from '../migration/model.js';
import type { PastMigrations } from '../migration/past/pastMigrations.js';
import { Coalescer } from './coalescer.js';
import { contextValues } from './contextValues.js';
import type { HostProblems } from './hostsTree.js';

const refreshMs = 100;

/** The context keys that welcome texts, menus and keybindings go by. README documents them. */
export class ContextKeys implements Disposable {
  private readonly owned = new Disposables();
  private readonly told = new Map<string, boolean>();

  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Migrations,
    private readonly past: Pick<PastMigrations, 'archived' | 'onDidChange'>,
    private readonly settings: HostProblems,
  ) {
    const refresh = this.owned.add(new Coalescer(refreshMs, () => this.tell()));
    this.owned.add(fleet.onDidChange(() => refresh.request()));
    this.owned.add(migrations.onDidChange(() => refresh.request()));
    this.owned.add(past.onDidChange(() => refresh.request()));
    this.owned.add(settings.onDidChange(() => refresh.request()));
    this.tell();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private tell(): void {
    const values = contextValues(this.fleet, this.migrations.all, this.settings.problems, this.past.archived.length);
    for (const [key, value] of Object.entries(values)) this.set(key, value);
  }

  private set(key: string, value: boolean): void {
    if (this.told.get(key) === value) return;
    this.told.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
