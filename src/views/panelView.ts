import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import { describeRoute } from '../migration/describe.js';
import type { Migration, Migrations } from '../migration/model.js';
import {
  panelHeader,
  panelInit,
  type PanelSurroundings,
  panelUnknown,
  panelUpdate,
  type Sent,
  sentAll,
} from '../migration/panelModel.js';
import type { PanelHeader, ToPanel } from '../panel/protocol.js';
import { Coalescer } from './coalescer.js';
import { panelHtml } from './panelHtml.js';
import { readFromPanel } from './panelMessages.js';

export interface PanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly fleet: Fleet;
  readonly migrations: Migrations;
  readonly sampleIntervalMs: () => number;
}

/** How often a page that shows a running migration looks whether its figures have become old. */
const staleCheckMs = 2000;
/** Long enough for all that one reading changes to go out as one message, too short to be seen. */
const batchMs = 30;
/** After a reload the journal is read while the page comes up: only past this is a migration called unknown. */
const unknownAfterMs = 5000;

/**
 * One webview panel of one migration. The page holds a copy of the history; this keeps count of how far it reaches and sends
 * what is missing, and nothing at all while the page is hidden.
 */
export class PanelView implements Disposable {
  private readonly owned = new Disposables();
  private readonly sending: Coalescer;
  private migration: Migration | undefined;
  /** Undefined while there is no page that listens: none yet, or thrown away with its hiding. */
  private sent: Sent | undefined;
  private header: PanelHeader | undefined;
  private stopFollowing: Disposable | undefined;
  private unknownTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly migrationId: string,
    readonly panel: vscode.WebviewPanel,
    private readonly options: PanelOptions,
  ) {
    const dist = vscode.Uri.joinPath(options.extensionUri, 'dist');
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    const icon = (theme: string): vscode.Uri =>
      vscode.Uri.joinPath(options.extensionUri, 'media', `migration-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    this.sending = this.owned.add(new Coalescer(batchMs, () => this.sendChanges()));
    this.owned.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.owned.add(panel.onDidChangeViewState(() => this.followVisibility()));
    this.owned.add(options.migrations.onDidChange(() => this.followMigration()));
    this.owned.add(options.fleet.onDidChange(() => this.sending.request()));
    const staleCheck = setInterval(() => this.sending.request(), staleCheckMs);
    this.owned.add({ dispose: () => clearInterval(staleCheck) });
    this.owned.add({ dispose: () => this.stopFollowing?.dispose() });
    this.owned.add({ dispose: () => clearTimeout(this.unknownTimer) });
    this.followMigration();
    panel.webview.html = panelHtml(panel.webview, dist);
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** It may come only now: a restored panel is there before its migration has been read back from the journal. */
  private followMigration(): void {
    const migration = this.options.migrations.get(this.migrationId);
    if (migration !== undefined && migration !== this.migration) {
      const pageIsThere = this.sent !== undefined;
      this.migration = migration;
      this.stopFollowing?.dispose();
      this.stopFollowing = migration.onDidChange(() => this.sending.request());
      if (pageIsThere) this.sendAll();
    }
    this.showTitle();
    this.sending.request();
  }

  private showTitle(): void {
    const title = this.migration === undefined ? 'Live migration' : describeRoute(this.migration);
    if (this.panel.title !== title) this.panel.title = cleanLabel(title);
  }

  /** A hidden page is thrown away by the editor; the one that comes in its place says `ready`. */
  private followVisibility(): void {
    if (!this.panel.visible) this.sent = undefined;
  }

  private receive(message: unknown): void {
    const said = readFromPanel(message);
    switch (said?.type) {
      case undefined:
        return;
      case 'ready':
        this.sendAll();
        return;
      case 'copy':
        void vscode.env.clipboard.writeText(said.text);
        return;
      case 'action':
        // The one path for all: the command asks, checks and reports.
        void vscode.commands.executeCommand(`libvirt.${said.action}`, { migration: this.migrationId });
        return;
    }
  }

  private sendAll(): void {
    if (this.migration === undefined) {
      this.sent = { samples: 0, marks: 0 };
      clearTimeout(this.unknownTimer);
      this.unknownTimer = setTimeout(() => {
        if (this.migration === undefined) this.post(panelUnknown(this.migrationId));
      }, unknownAfterMs);
      return;
    }
    const init = panelInit(this.migration, this.surroundings());
    this.sent = sentAll(this.migration);
    this.header = init.header;
    this.post(init);
  }

  private sendChanges(): void {
    const { migration, sent } = this;
    if (migration === undefined || sent === undefined || !this.panel.visible) return;
    const header = panelHeader(migration, this.surroundings());
    const headerIsNew = !isDeepStrictEqual(header, this.header);
    const update = panelUpdate(migration, sent, headerIsNew ? header : undefined);
    if (update === undefined) return;
    this.sent = sentAll(migration);
    this.header = header;
    this.post(update);
  }

  private surroundings(): PanelSurroundings {
    return { hosts: this.options.fleet, nowMs: Date.now(), sampleIntervalMs: this.options.sampleIntervalMs() };
  }

  private post(message: ToPanel): void {
    void this.panel.webview.postMessage(message);
  }
}
