import * as vscode from 'vscode';
import { escapeIcons } from '../base/cleanText.js';
import { describeRoute, describeShort } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import { readArguments, schemas, type TargetArguments } from './arguments.js';
import type { CommandServices } from './services.js';
import { findTarget, migrationTarget, type Target } from './target.js';

/** Lets the user choose a migration. Undefined when they don't. */
export async function pickMigration(migrations: readonly Migration[], title: string): Promise<Migration | undefined> {
  const items = migrations.map((migration) => ({
    label: escapeIcons(describeRoute(migration)),
    description: escapeIcons(describeShort(migration)),
    migration,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: 'Which migration?',
    matchOnDescription: true,
  });
  return picked?.migration;
}

/** What the arguments mean, asking only where they mean several things. Undefined when the user chooses none. */
export async function resolveTarget(
  { fleet, migrations }: CommandServices,
  named: TargetArguments,
  title: string,
): Promise<Target | undefined> {
  const found = findTarget(fleet, migrations, named);
  if (found.kind === 'one') return found.target;
  const picked = await pickMigration(found.migrations, title);
  return picked === undefined ? undefined : migrationTarget(picked);
}

/** For commands without values of their own. */
export function readTarget(command: string, argument: unknown): TargetArguments {
  return readArguments(command, schemas.target, argument);
}
