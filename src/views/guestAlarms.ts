import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import type { Hosts } from '../migration/availability.js';
import type { Migration, Migrations } from '../migration/model.js';
import { type Alarm, AlarmNews } from './alarms.js';

const open = 'Open Migration';

/** Says loudly when a guest stands still or is not in exactly one place, and offers what can be done about it from here. */
export class GuestAlarms implements Disposable {
  private readonly news = new AlarmNews();
  private readonly subscription: Disposable;

  constructor(
    private readonly migrations: Migrations,
    private readonly hosts: Hosts,
  ) {
    this.subscription = migrations.onDidChange(() => this.look());
    this.look();
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private look(): void {
    for (const { migration, alarm } of this.news.of(this.migrations.all, this.hosts)) void tell(migration, alarm);
  }
}

async function tell(migration: Migration, { text, remedy }: Alarm): Promise<void> {
  const buttons = [...(remedy === undefined ? [] : [remedy.title]), open];
  const answer = await vscode.window.showErrorMessage(cleanForNotice(text), ...buttons);
  if (answer === open) await vscode.commands.executeCommand('libvirt.openMigration', { migration: migration.id });
  else if (answer !== undefined && remedy !== undefined) {
    await vscode.commands.executeCommand(remedy.command, ...remedy.arguments);
  }
}
