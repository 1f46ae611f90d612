import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import { describeEvacuation, toneOf } from '../migration/evacuation/describe.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import { type EvacuationRecord, phaseOf } from '../migration/evacuation/model.js';

/** Says when an evacuation is over, since it took long and nobody sat beside it. */
export class EvacuationEndNotice implements Disposable {
  private readonly subscription: Disposable;

  constructor(evacuations: Evacuations) {
    this.subscription = evacuations.onDidEnd((record) => {
      // Who stopped it knows.
      if (phaseOf(record) === 'ended') void tell(record);
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

async function tell(record: EvacuationRecord): Promise<void> {
  const text = cleanForNotice(describeEvacuation(record));
  const show = 'Show Evacuation';
  const answer = await (toneOf(record) === 'good'
    ? vscode.window.showInformationMessage(text, show)
    : vscode.window.showWarningMessage(text, show));
  if (answer === show) await vscode.commands.executeCommand('libvirt.openEvacuation', { host: record.source });
}
