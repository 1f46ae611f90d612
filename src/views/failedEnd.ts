import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import type { Migration, Migrations } from '../migration/model.js';
import type { MigrationStarter } from '../migration/start/model.js';
import { failedNews } from './failedNews.js';

const open = 'Open Migration';

export interface FailedEndOptions {
  readonly migrations: Pick<Migrations, 'onDidEnd'>;
  readonly starter: Pick<MigrationStarter, 'all'>;
  readonly evacuations: Pick<Evacuations, 'includes'>;
}

/** Says when a migration fails that was not started from here: of those, whoever started them hears anyway. */
export class FailedEndNotice implements Disposable {
  private readonly subscription: Disposable;

  constructor({ migrations, starter, evacuations }: FailedEndOptions) {
    this.subscription = migrations.onDidEnd((migration) => {
      const text = failedNews(migration, { starts: starter.all, evacuations });
      if (text !== undefined) void tell(migration, text);
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

async function tell({ id }: Migration, text: string): Promise<void> {
  const answer = await vscode.window.showErrorMessage(cleanForNotice(text), open);
  if (answer === open) await vscode.commands.executeCommand('libvirt.openMigration', { migration: id });
}
