import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import { guestName } from '../migration/describe.js';
import { comparisonOf } from '../migration/past/comparison.js';
import type { PastMigrations } from '../migration/past/pastMigrations.js';
import { comparedIds, readFromComparison } from './comparisonMessages.js';
import { preparePanel } from './preparePanel.js';

export interface ComparisonOptions {
  readonly extensionUri: vscode.Uri;
  readonly past: Pick<PastMigrations, 'recall'>;
}

/** One webview panel that shows two migrations side by side, as they were when it was opened. */
export class ComparisonView implements Disposable {
  private readonly owned = new Disposables();

  constructor(
    private readonly id: string,
    readonly panel: vscode.WebviewPanel,
    private readonly options: ComparisonOptions,
  ) {
    this.owned.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    preparePanel(panel, options.extensionUri, { name: 'comparison', title: 'Two Migrations' });
  }

  dispose(): void {
    this.owned.dispose();
  }

  private receive(message: unknown): void {
    const said = readFromComparison(message);
    if (said?.type === 'ready') void this.send();
    else if (said?.type === 'open') {
      void vscode.commands.executeCommand('libvirt.openMigration', { migration: said.migrationId });
    }
  }

  private async send(): Promise<void> {
    const [first, second] = await Promise.all(
      (comparedIds(this.id) ?? []).map((id) => this.options.past.recall(id).catch(() => undefined)),
    );
    const [a, b] = [first?.migration, second?.migration];
    if (a !== undefined && b !== undefined) this.panel.title = cleanLabel(`${guestName(a)} ↔ ${guestName(b)}`);
    void this.panel.webview.postMessage(comparisonOf(this.id, a, b));
  }
}
