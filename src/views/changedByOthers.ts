import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import { describeChange, guestName } from '../migration/describe.js';
import type { Migration, Migrations } from '../migration/model.js';

/** Says at once when somebody else, or an orchestrator, changes what a running migration may do. */
export class ChangedByOthersNotice implements Disposable {
  private readonly followed = new Map<Migration, Disposable>();
  private readonly subscription: Disposable;

  constructor(private readonly migrations: Migrations) {
    this.subscription = migrations.onDidChange(() => this.follow());
    this.follow();
  }

  dispose(): void {
    this.subscription.dispose();
    for (const subscription of this.followed.values()) subscription.dispose();
    this.followed.clear();
  }

  private follow(): void {
    const running = new Set(this.migrations.all.filter(({ state }) => state.outcome === undefined));
    for (const [migration, subscription] of this.followed) {
      if (running.has(migration)) continue;
      subscription.dispose();
      this.followed.delete(migration);
    }
    for (const migration of running) {
      if (this.followed.has(migration)) continue;
      const told = migration.onDidChange(({ marks }) => {
        for (const mark of marks) if (mark.kind === 'change') void tell(migration, describeChange(mark.change));
      });
      this.followed.set(migration, told);
    }
  }
}

async function tell(migration: Migration, change: string): Promise<void> {
  const text = `The migration of '${guestName(migration)}' was changed by somebody else: ${change}.`;
  const show = 'Show Migration';
  if ((await vscode.window.showInformationMessage(cleanForNotice(text), show)) === show) {
    await vscode.commands.executeCommand('libvirt.openMigration', { migration: migration.id });
  }
}
