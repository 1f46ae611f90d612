import * as vscode from 'vscode';
import { escapeIcons } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import { describeEvacuation, describeForStatusBar } from '../migration/evacuation/describe.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import { phaseOf } from '../migration/evacuation/model.js';
import { Coalescer } from './coalescer.js';

const refreshMs = 250;

/** One item while any host is evacuated, and the context keys of the commands that steer evacuations. */
export class EvacuationStatusBar implements Disposable {
  private readonly owned = new Disposables();
  // Beside the migrations' own, before it.
  private readonly item = vscode.window.createStatusBarItem('libvirt.evacuations', vscode.StatusBarAlignment.Left, 51);
  private told: string | undefined;

  constructor(private readonly evacuations: Evacuations) {
    this.item.name = 'Libvirt Evacuations';
    this.owned.add(this.item);
    const refresh = this.owned.add(new Coalescer(refreshMs, () => this.show()));
    this.owned.add(evacuations.onDidChange(() => refresh.request()));
    this.show();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private show(): void {
    const { all } = this.evacuations;
    const running = all.filter(({ record }) => ['running', 'stopping'].includes(phaseOf(record)));
    this.tell({
      'libvirt.hasEvacuations': all.length > 0,
      'libvirt.evacuating': running.length > 0,
    });
    const [only] = running;
    if (only === undefined) {
      this.item.hide();
      return;
    }
    const text =
      running.length === 1 ? escapeIcons(describeForStatusBar(only.record)) : `Evacuating ${running.length} hosts`;
    const argument = running.length === 1 ? { host: only.record.source } : {};
    this.item.text = `$(server) ${text}`;
    this.item.accessibilityInformation = { label: text, role: 'button' };
    this.item.command = { command: 'libvirt.openEvacuation', title: 'Open Evacuation', arguments: [argument] };
    const tooltip = new vscode.MarkdownString();
    running.forEach(({ record }, index) => {
      if (index > 0) tooltip.appendMarkdown('\n\n');
      tooltip.appendText(describeEvacuation(record));
    });
    this.item.tooltip = tooltip;
    this.item.show();
  }

  private tell(keys: Readonly<Record<string, boolean>>): void {
    const now = JSON.stringify(keys);
    if (now === this.told) return;
    this.told = now;
    for (const [key, value] of Object.entries(keys)) void vscode.commands.executeCommand('setContext', key, value);
  }
}
