import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import { describeRoute } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import { readPanelState } from './panelMessages.js';
import { type PanelOptions, PanelView } from './panelView.js';

const viewType = 'libvirt.migration';

/** The panels: one a migration, brought back after a reload. */
export class PanelManager implements Disposable {
  private readonly owned = new Disposables();
  private readonly views = new Map<string, PanelView>();

  constructor(private readonly options: PanelOptions) {
    this.owned.add(
      vscode.window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: (panel, state: unknown) => {
          const id = readPanelState(state);
          if (id === undefined || this.views.has(id)) panel.dispose();
          else this.adopt(id, panel);
          return Promise.resolve();
        },
      }),
    );
  }

  /** Shows the migration's panel: the one it has, or a new one. */
  open(migration: Migration): void {
    const shown = this.views.get(migration.id);
    if (shown !== undefined) {
      shown.panel.reveal();
      return;
    }
    this.adopt(
      migration.id,
      vscode.window.createWebviewPanel(viewType, describeRoute(migration), vscode.ViewColumn.Active),
    );
  }

  dispose(): void {
    // Panels themselves stay: a reload brings them back.
    for (const view of this.views.values()) view.dispose();
    this.views.clear();
    this.owned.dispose();
  }

  private adopt(id: string, panel: vscode.WebviewPanel): void {
    const view = new PanelView(id, panel, this.options);
    this.views.set(id, view);
    panel.onDidDispose(() => {
      view.dispose();
      this.views.delete(id);
    });
  }
}
