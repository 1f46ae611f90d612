import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import type { Migrations } from '../migration/model.js';
import { migrationOf } from '../migration/start/began.js';
import type { MigrationStarter, StartedMigration } from '../migration/start/model.js';
import { laterNewsOf, newsOf, type StartNews } from '../migration/start/news.js';
import type { StartPlaces } from '../migration/start/place.js';

const open = 'Open Migration';

export interface StartEndOptions {
  readonly starter: Pick<MigrationStarter, 'onDidEnd'>;
  readonly migrations: Migrations;
  readonly places: Pick<StartPlaces, 'placeOf' | 'whenConnected'>;
  readonly evacuations: Pick<Evacuations, 'includes'>;
  /** A form that still shows a start tells its failure itself. */
  readonly forms: { showsEndOf(id: string): boolean };
  /** Once what evacuations have started is known. */
  readonly ready: Promise<unknown>;
}

/**
 * Tells how what was started from here has ended, and where its guest is, where nobody may have been looking. An evacuation tells of
 * its own.
 */
export class StartEndNotice implements Disposable {
  private readonly beganAtMs = Date.now();
  private readonly owned = new Disposables();

  constructor(private readonly options: StartEndOptions) {
    const { starter, forms, ready } = options;
    this.owned.add(
      starter.onDidEnd((start) => {
        const isInForm = start.state.kind !== 'succeeded' && forms.showsEndOf(start.id);
        void ready.then(() => this.tell(start, isInForm));
      }),
    );
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async tell(start: StartedMigration, isInForm: boolean): Promise<void> {
    const { evacuations, migrations, places } = this.options;
    const { source, domainUuid } = start.request;
    if (evacuations.includes(source, domainUuid, start.startedAtMs)) return;
    if (newsOf(start, { windowBeganAtMs: this.beganAtMs, seen: false, place: undefined }) === undefined) return;
    const place = await places.placeOf(start);
    const seen = migrationOf(start, migrations.all) !== undefined;
    // Of one that was seen, its migration says what is wrong, now and later.
    if (place?.kind === 'unknown' && !seen) {
      this.owned.add(places.whenConnected(start, (later) => this.show(start, laterNewsOf(start, later))));
    }
    const news = newsOf(start, { windowBeganAtMs: this.beganAtMs, seen, place });
    const isSaid = isInForm && (seen || place?.kind !== 'wrong');
    if (!isSaid) this.show(start, news);
  }

  private show(start: StartedMigration, news: StartNews | undefined): void {
    if (news !== undefined) void this.notify(start, news);
  }

  private async notify(start: StartedMigration, news: StartNews): Promise<void> {
    const migration = migrationOf(start, this.options.migrations.all);
    const text = cleanForNotice(news.text);
    const buttons = migration === undefined ? [] : [open];
    const answer = await (news.tone === 'good'
      ? vscode.window.showInformationMessage(text, ...buttons)
      : vscode.window.showErrorMessage(text, ...buttons));
    if (answer === open) await vscode.commands.executeCommand('libvirt.openMigration', { migration: migration?.id });
  }
}
