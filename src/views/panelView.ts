import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import { describeRoute } from '../migration/describe.js';
import type { Migration, Migrations } from '../migration/model.js';
import { momentOf } from '../migration/past/moment.js';
import type { PastMigrations, Recalled } from '../migration/past/pastMigrations.js';
import {
  panelHeader,
  panelInit,
  type PanelSurroundings,
  panelUnknown,
  panelUpdate,
  type Sent,
  sentAll,
} from '../migration/panelModel.js';
import type { Progress } from '../migration/progress.js';
import { wayCommand } from '../migration/wayButtons.js';
import type { FromPanel, PanelHeader, ToPanel } from '../panel/protocol.js';
import { Coalescer } from './coalescer.js';
import { readFromPanel } from './panelMessages.js';
import { preparePanel } from './preparePanel.js';

export interface PanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly fleet: Fleet;
  readonly migrations: Migrations;
  /** Those that are not in that list any more, and the whole record of any. */
  readonly past: Pick<PastMigrations, 'recall' | 'onDidChange'>;
  readonly progress: Progress;
  readonly sampleIntervalMs: () => number;
}

/** How often a page that shows a running migration looks whether its figures have become old. */
const staleCheckMs = 2000;
/** Long enough for all that one reading changes to go out as one message, too short to be seen. */
const batchMs = 30;

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
  /** Its record, once somebody looked into its past. */
  private recalled: Promise<Recalled | undefined> | undefined;

  constructor(
    readonly migrationId: string,
    readonly panel: vscode.WebviewPanel,
    private readonly options: PanelOptions,
  ) {
    this.sending = this.owned.add(new Coalescer(batchMs, () => this.sendChanges()));
    this.owned.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.owned.add(panel.onDidChangeViewState(() => this.followVisibility()));
    this.owned.add(options.migrations.onDidChange(() => this.followMigration()));
    this.owned.add(options.fleet.onDidChange(() => this.sending.request()));
    const staleCheck = setInterval(() => this.sending.request(), staleCheckMs);
    this.owned.add({ dispose: () => clearInterval(staleCheck) });
    this.owned.add({ dispose: () => this.stopFollowing?.dispose() });
    this.followMigration();
    preparePanel(panel, options.extensionUri, { name: 'panel', title: 'Live Migration' });
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** It may come only now: a restored panel is there before its migration has been read back from the journal. */
  private followMigration(): void {
    const migration = this.options.migrations.get(this.migrationId);
    if (migration !== undefined && migration !== this.migration) {
      this.follow(migration);
    }
    this.showTitle();
    this.sending.request();
  }

  private follow(migration: Migration): void {
    const pageIsThere = this.sent !== undefined;
    this.migration = migration;
    this.stopFollowing?.dispose();
    this.stopFollowing = migration.onDidChange(() => {
      // What was recalled of one that goes on is not all of it any more.
      this.recalled = undefined;
      this.sending.request();
    });
    if (pageIsThere) this.sendAll();
  }

  /** It is in no list of this window's any more, or never was: it can be looked at, and that is all. */
  private get isRecord(): boolean {
    return this.options.migrations.get(this.migrationId) === undefined;
  }

  private recall(): Promise<Recalled | undefined> {
    this.recalled ??= this.options.past.recall(this.migrationId).catch(() => undefined);
    return this.recalled;
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
    if (said === undefined) return;
    switch (said.type) {
      case 'ready':
        this.sendAll();
        return;
      case 'copy':
        void vscode.env.clipboard.writeText(said.text);
        return;
      case 'moment':
        void this.sendMoment(said.elapsedMs);
        return;
      default:
        this.run(said);
    }
  }

  /** The one path for all: the command asks, checks and reports. */
  private run(said: Extract<FromPanel, { type: 'action' | 'way' | 'export' | 'compare' }>): void {
    const migration = this.migrationId;
    switch (said.type) {
      case 'action':
        void vscode.commands.executeCommand(`libvirt.${said.action}`, { migration });
        return;
      case 'way': {
        const way = wayCommand({ way: said.way, value: said.value }, migration);
        if (way !== undefined) void vscode.commands.executeCommand(way.command, way.argument);
        return;
      }
      case 'export':
        void vscode.commands.executeCommand(said.format === 'csv' ? 'libvirt.exportCsv' : 'libvirt.exportJson', {
          migration,
        });
        return;
      case 'compare':
        void vscode.commands.executeCommand('libvirt.compareMigrations', { migration });
        return;
    }
  }

  private sendAll(): void {
    if (this.migration === undefined) {
      this.sent = { samples: 0, marks: 0 };
      void this.lookBack();
      return;
    }
    const init = panelInit(this.migration, this.surroundings());
    this.sent = sentAll(this.migration);
    this.header = init.header;
    this.post(init);
  }

  /** One that is not in the list of the recent ones, or not yet. */
  private async lookBack(): Promise<void> {
    const recalled = await this.recall();
    if (this.migration !== undefined) return;
    if (recalled === undefined) {
      this.recalled = undefined;
      this.post(panelUnknown(this.migrationId));
      return;
    }
    this.follow(recalled.migration);
    this.showTitle();
  }

  private async sendMoment(elapsedMs: number): Promise<void> {
    const recalled = await this.recall();
    const moment = recalled && momentOf(recalled.record, elapsedMs);
    if (moment !== undefined)
      this.post({ ...moment, migrationId: this.migration?.id ?? moment.migrationId, elapsedMs });
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
    const { fleet, progress, sampleIntervalMs } = this.options;
    return { hosts: fleet, nowMs: Date.now(), sampleIntervalMs: sampleIntervalMs(), progress, isRecord: this.isRecord };
  }

  private post(message: ToPanel): void {
    void this.panel.webview.postMessage(message);
  }
}
