import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import { type FormActions, type FormRequest, type FormServices, FormSession } from '../migration/form/session.js';
import type { ToForm } from '../panel/formProtocol.js';
import { guestName } from '../migration/describe.js';
import { Coalescer } from './coalescer.js';
import { readFromForm } from './formMessages.js';
import { preparePanel } from './preparePanel.js';

/** Long enough for all that one keystroke changes to go out as one message, too short to be seen. */
const batchMs = 20;

/** One webview panel with one form. */
export class MigrateForm implements Disposable {
  private readonly owned = new Disposables();
  private readonly sending: Coalescer;
  private readonly session: FormSession;
  /** What the page shows; undefined where that is not sure, so that it is sent once too often rather than never. */
  private sent: ToForm | undefined;
  /** How many messages the page that runs has sent, whatever they were: it counts them as well. */
  private heard = 0;

  constructor(
    readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    services: FormServices,
    actions: FormActions,
    request: FormRequest,
  ) {
    this.sending = this.owned.add(new Coalescer(batchMs, () => this.send()));
    this.session = this.owned.add(new FormSession(services, actions, request));
    this.owned.add(this.session.onDidChange(() => this.sending.request()));
    this.owned.add(panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message)));
    this.owned.add(
      panel.onDidChangeViewState(() => {
        // A hidden page is thrown away by the editor; the one that comes in its place knows nothing.
        this.sent = undefined;
        this.sending.request();
      }),
    );
    panel.title = `Migrate ${guestName({ domainName: this.session.view.guest.name })}`;
    preparePanel(panel, extensionUri, { name: 'form', title: 'Migrate' });
  }

  /** Sends the form that is open already somewhere else. */
  aim(target: NonNullable<FormRequest['target']>): void {
    this.session.aim(target);
  }

  /** The start whose end this form shows. */
  get follows(): string | undefined {
    return this.session.follows;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private receive(message: unknown): void {
    const said = readFromForm(message);
    if (said?.type === 'ready') {
      this.heard = 0;
      this.sent = undefined;
      this.send();
      return;
    }
    this.heard += 1;
    if (said !== undefined) this.session.receive(said);
    // Even where it has changed nothing: the page holds what it has said above every view that does not know of it.
    this.sending.request();
  }

  private send(): void {
    if (!this.panel.visible) return;
    const message: ToForm = { type: 'view', view: this.session.view, heard: this.heard };
    if (isDeepStrictEqual(message, this.sent)) return;
    this.sent = message;
    void this.panel.webview.postMessage(message);
  }
}
