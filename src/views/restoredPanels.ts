import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';

/** What stands behind one panel. */
export interface View extends Disposable {
  readonly panel: vscode.WebviewPanel;
}

export interface PanelKind<V extends View> {
  readonly viewType: string;
  /** Of what a page of an earlier window showed; undefined where that can't be told. */
  readonly readId: (state: unknown) => string | undefined;
  readonly createView: (id: string, panel: vscode.WebviewPanel) => V;
}

/** The panels of one kind: one for each id, brought back after a reload. */
export class RestoredPanels<V extends View> implements Disposable {
  private readonly owned = new Disposables();
  private readonly byId = new Map<string, V>();

  constructor(private readonly kind: PanelKind<V>) {
    this.owned.add(
      vscode.window.registerWebviewPanelSerializer(kind.viewType, {
        deserializeWebviewPanel: (panel, state: unknown) => {
          const id = kind.readId(state);
          if (id === undefined || this.byId.has(id)) panel.dispose();
          else this.adopt(id, panel);
          return Promise.resolve();
        },
      }),
    );
  }

  get views(): readonly V[] {
    return [...this.byId.values()];
  }

  get(id: string): V | undefined {
    return this.byId.get(id);
  }

  open(id: string, title: string): void {
    this.adopt(id, vscode.window.createWebviewPanel(this.kind.viewType, title, vscode.ViewColumn.Active));
  }

  dispose(): void {
    // Panels themselves stay: a reload brings them back.
    for (const view of this.views) view.dispose();
    this.byId.clear();
    this.owned.dispose();
  }

  private adopt(id: string, panel: vscode.WebviewPanel): void {
    const view = this.kind.createView(id, panel);
    this.byId.set(id, view);
    panel.onDidDispose(() => {
      view.dispose();
      this.byId.delete(id);
    });
  }
}
