import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Disposable } from '../base/disposable.js';
import type { Hosts } from '../migration/availability.js';
import type { Migrations } from '../migration/model.js';
import { followRunning } from './migrationFeed.js';
import { StuckNews, type StuckNotice, type ToldMigrations } from './stuckNews.js';

const open = 'Open Migration';
const toldKey = 'libvirt.toldStuck';
/** More do not run at a time, and what is over is judged no more. */
const toldLimit = 200;

export interface StuckAlarmOptions {
  readonly migrations: Migrations;
  readonly hosts: Hosts;
  readonly memory: vscode.Memento;
  /** Whether the user wants to hear of it. */
  readonly isWanted: () => boolean;
}

/** Says once of each migration that it never ends, with the ways out that harm least. */
export class StuckAlarm implements Disposable {
  private readonly subscription: Disposable;
  private readonly news: StuckNews;

  constructor({ migrations, hosts, memory, isWanted }: StuckAlarmOptions) {
    this.news = new StuckNews(toldIn(memory));
    this.subscription = followRunning(migrations, (migration) => {
      if (migration === undefined || !isWanted()) return;
      const notice = this.news.of(migration, hosts);
      if (notice !== undefined) void tell(notice);
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

function toldIn(memory: vscode.Memento): ToldMigrations {
  const ids = (): readonly string[] => memory.get<readonly string[]>(toldKey, []);
  return {
    has: (id) => ids().includes(id),
    add: (id) => void memory.update(toldKey, [...ids(), id].slice(-toldLimit)),
  };
}

async function tell({ migration, text, ways }: StuckNotice): Promise<void> {
  const titles = ways.map(({ title }) => title);
  const answer = await vscode.window.showWarningMessage(cleanForNotice(text), ...titles, open);
  if (answer === open) await vscode.commands.executeCommand('libvirt.openMigration', { migration });
  const way = ways.find(({ title }) => title === answer);
  if (way !== undefined) await vscode.commands.executeCommand(way.command, ...way.arguments);
}
