import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { Emitter } from '../../../src/base/emitter.js';
import type { Evacuations } from '../../../src/migration/evacuation/evacuations.js';
import { FakeFleet, FakeMigrations } from '../fakes.js';

vi.mock('vscode', () => ({ Uri: { joinPath: (_: unknown, ...parts: string[]) => parts.join('/') } }));

const { EvacuationView } = await import('../../../src/views/evacuationView.js');

/** A panel whose page says what it is told to, and keeps what it is sent. */
class FakePanel {
  title = '';
  visible = true;
  readonly sent: { readonly type: string; readonly header?: { readonly phase: string } }[] = [];
  readonly viewState = new Emitter<void>();
  readonly said = new Emitter<unknown>();
  readonly onDidChangeViewState = this.viewState.event;
  readonly webview = {
    onDidReceiveMessage: this.said.event,
    asWebviewUri: (uri: unknown) => uri,
    postMessage: (message: (typeof this.sent)[number]) => Promise.resolve(this.sent.push(message)),
  };
}

describe('the panel of an evacuation that nobody knows any more', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says so, and again when its page was hidden and is back', () => {
    const panel = new FakePanel();
    const view = new EvacuationView('hv1', panel as unknown as vscode.WebviewPanel, {
      extensionUri: { path: '/' } as unknown as vscode.Uri,
      fleet: new FakeFleet([]),
      migrations: new FakeMigrations(),
      evacuations: {
        get: () => undefined,
        onDidChange: () => ({ dispose: () => undefined }),
      } as unknown as Evacuations,
    });
    const phases = (): readonly (string | undefined)[] => panel.sent.map(({ header }) => header?.phase);
    panel.said.fire({ type: 'ready' });
    vi.runOnlyPendingTimers();
    expect(phases()).toEqual(['Not known']);
    panel.visible = false;
    panel.viewState.fire();
    panel.visible = true;
    panel.viewState.fire();
    panel.said.fire({ type: 'ready' });
    vi.runOnlyPendingTimers();
    expect(phases()).toEqual(['Not known', 'Not known']);
    view.dispose();
  });
});
