import * as vscode from 'vscode';
import { escapeIcons } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Migration, Migrations } from '../migration/model.js';
import { describeForStatusBar, describeRoute, describeShort } from '../migration/describe.js';
import { Coalescer } from './coalescer.js';
import { followRunning } from './migrationFeed.js';

/** Figures that tick faster than this can't be read. */
const refreshMs = 250;

/** One item while anything migrates; a click leads to the panel, or to a choice when there are several. */
export class MigrationStatusBar implements Disposable {
  private readonly owned = new Disposables();
  private readonly item = vscode.window.createStatusBarItem('libvirt.migrations', vscode.StatusBarAlignment.Left, 50);

  constructor(private readonly migrations: Migrations) {
    this.item.name = 'Libvirt Migrations';
    this.item.command = { command: 'libvirt.openMigration', title: 'Open Migration' };
    this.owned.add(this.item);
    const refresh = this.owned.add(new Coalescer(refreshMs, () => this.show()));
    this.owned.add(followRunning(migrations, () => refresh.request()));
    this.show();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private show(): void {
    const running = this.migrations.all.filter((migration) => migration.state.outcome === undefined);
    const only = running[0];
    if (only === undefined) {
      this.item.hide();
      return;
    }
    const text = running.length === 1 ? escapeIcons(describeForStatusBar(only)) : `${running.length} migrations`;
    const interrupted = running.some(({ state }) => state.phase === 'postcopyInterrupted');
    this.item.text = `$(${interrupted ? 'error' : 'sync~spin'}) ${text}`;
    this.item.accessibilityInformation = { label: `Live migration: ${text}`, role: 'button' };
    this.item.tooltip = tooltip(running);
    this.item.show();
  }
}

/** How many are listed before the rest is a number: a tooltip has no scroll bar. */
const listed = 10;

function tooltip(running: readonly Migration[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  running.slice(0, listed).forEach((migration, index) => {
    if (index > 0) text.appendMarkdown('\n\n');
    text.appendText(`${describeRoute(migration)}: ${describeShort(migration)}`);
  });
  if (running.length > listed) text.appendMarkdown(`\n\nand ${running.length - listed} more`);
  return text;
}
