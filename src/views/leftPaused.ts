import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import { guestName, hostName } from '../migration/describe.js';
import type { Migration, Migrations } from '../migration/model.js';

/** Says when a migration's end left its guest standing still, and offers to let it go on. */
export class LeftPausedNotice implements Disposable {
  private readonly subscription: Disposable;

  constructor(migrations: Migrations) {
    this.subscription = migrations.onDidEnd((migration) => {
      const { leftPausedOn } = migration.state;
      if (leftPausedOn !== undefined) void offerResume(migration, leftPausedOn);
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

async function offerResume(migration: Migration, host: string): Promise<void> {
  const text = `'${guestName(migration)}' is paused on ${hostName(host)}: its migration has ended, and nothing resumed it.`;
  const answer = await vscode.window.showWarningMessage(cleanForNotice(text), 'Resume', 'Show Migration');
  if (answer === 'Resume') {
    await vscode.commands.executeCommand('libvirt.resume', { host, domain: migration.domainUuid });
  } else if (answer === 'Show Migration') {
    await vscode.commands.executeCommand('libvirt.openMigration', { migration: migration.id });
  }
}
