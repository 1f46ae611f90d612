import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import {
  evacuationInit,
  evacuationUnknown,
  evacuationUpdate,
  migrationOf,
} from '../migration/evacuation/panelModel.js';
import type { Migrations } from '../migration/model.js';
import type { EvacuationInit, FromEvacuationPanel, ToEvacuationPanel } from '../panel/evacuationProtocol.js';
import { Coalescer } from './coalescer.js';
import { readFromEvacuation } from './evacuationMessages.js';
import { followRunning } from './migrationFeed.js';
import { preparePanel } from './preparePanel.js';

export interface EvacuationViewOptions {
  readonly extensionUri: vscode.Uri;
  readonly fleet: Fleet;
  readonly migrations: Migrations;
  readonly evacuations: Evacuations;
}

/** Figures that tick faster than this can't be read. */
const batchMs = 250;
/** After a reload the record is read while the page comes up: only past this is an evacuation called unknown. */
const unknownAfterMs = 5000;

/** One webview panel of one host's newest evacuation: it sends what changed, and nothing while the page is hidden. */
export class EvacuationView implements Disposable {
  private readonly owned = new Disposables();
  private readonly sending: Coalescer;
  /** What the page shows; undefined while there is no page that listens. */
  private shown: EvacuationInit | undefined;
  private shownId: string | undefined;
  private isListening = false;
  private unknownTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: string,
    readonly panel: vscode.WebviewPanel,
    private readonly options: EvacuationViewOptions,
  ) {
    panel.title = evacuationTitle(host);
    this.sending = this.owned.add(new Coalescer(batchMs, () => this.send()));
    const refresh = (): void => this.sending.request();
    this.owned.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.owned.add(panel.onDidChangeViewState(() => this.followVisibility()));
    this.owned.add(options.evacuations.onDidChange(refresh));
    this.owned.add(options.fleet.onDidChange(refresh));
    this.owned.add(followRunning(options.migrations, refresh));
    this.owned.add({ dispose: () => clearTimeout(this.unknownTimer) });
    preparePanel(panel, options.extensionUri, { name: 'evacuation', title: 'Evacuation' });
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** A hidden page is thrown away by the editor; the one that comes in its place says `ready`. */
  private followVisibility(): void {
    if (!this.panel.visible) this.isListening = false;
  }

  private receive(message: unknown): void {
    const said = readFromEvacuation(message);
    switch (said?.type) {
      case undefined:
        return;
      case 'ready':
        this.isListening = true;
        this.shown = undefined;
        this.send();
        clearTimeout(this.unknownTimer);
        this.unknownTimer = setTimeout(() => {
          if (this.shown === undefined && this.isListening) this.post(evacuationUnknown(this.host));
        }, unknownAfterMs);
        return;
      case 'action':
      case 'rowAction':
        this.act(said);
        return;
    }
  }

  /** The one path for all: the commands ask, check and report. */
  private act(said: Exclude<FromEvacuationPanel, { type: 'ready' }>): void {
    const { host } = this;
    const run = (command: string, argument: object): void =>
      void vscode.commands.executeCommand(`libvirt.${command}`, argument);
    switch (said.action) {
      case 'stopAfterThis':
        run('stopEvacuationAfterThis', { host });
        return;
      case 'stopAll':
        run('stopEvacuation', { host });
        return;
      case 'resume':
        run('resumeEvacuation', { host });
        return;
      case 'skip':
        run('skipInEvacuation', { host, domain: said.id });
        return;
      case 'retry':
        run('retryInEvacuation', { host, domain: said.id });
        return;
      case 'redirect':
        run('redirectInEvacuation', { host, domain: said.id });
        return;
      case 'open': {
        const record = this.options.evacuations.get(host)?.record;
        const migration = record && migrationOf({ uuid: said.id }, record, this.options.migrations);
        if (migration !== undefined) run('openMigration', { migration: migration.id });
        return;
      }
    }
  }

  private send(): void {
    const evacuation = this.options.evacuations.get(this.host);
    if (evacuation === undefined || !this.isListening || !this.panel.visible) return;
    const now = evacuationInit(evacuation, this.options);
    const isOther = this.shown === undefined || this.shownId !== evacuation.record.id;
    const message = isOther || this.shown === undefined ? now : evacuationUpdate(this.shown, now);
    this.shown = now;
    this.shownId = evacuation.record.id;
    if (message !== undefined) this.post(message);
  }

  private post(message: ToEvacuationPanel): void {
    void this.panel.webview.postMessage(message);
  }
}

/** `Evacuate hv1`. */
export function evacuationTitle(host: string): string {
  return `Evacuate ${cleanLabel(host, 60)}`;
}
