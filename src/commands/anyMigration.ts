import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import { escapeIcons } from '../base/cleanText.js';
import { describeRoute, describeShort } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import type { PastItem } from '../migration/past/pastList.js';
import type { TargetArguments } from './arguments.js';
import type { CommandServices } from './services.js';
import { knownMigration } from './target.js';

/** A pick list is searched by typing: older ones are found in the view. */
const listed = 1000;

/** The migration that is meant, running or of any time past: the one named, the only one that runs, or the one chosen. */
export async function findMigration(
  services: CommandServices,
  named: TargetArguments,
  title: string,
): Promise<PastItem | undefined> {
  const { migrations, past, fleet } = services;
  const { host, domain, migration } = named;
  if (migration !== undefined) return migrationOf(services, migration);
  if (host === undefined && domain === undefined) await past.load();
  const asked = everyMigration(services).filter(
    ({ source, state, domainUuid, domainName }) =>
      (host === undefined || host === source || host === state.destination) &&
      (domain === undefined || domain === domainUuid || domain === domainName),
  );
  const running = asked.filter(({ state }) => state.outcome === undefined);
  const choice = running.length > 0 ? running : asked;
  const [first] = choice;
  if (first === undefined) throw new UserError(nothing(named, fleet.hypervisors.length));
  // Of one guest's past migrations the last is meant; of several guests' nobody can tell.
  if (choice.length === 1 || (domain !== undefined && running.length === 0)) return migrations.get(first.id) ?? first;
  return pickAny(choice, title);
}

/** By its id, wherever its record is. Throws a `UserError` where there is none. */
export async function migrationOf({ migrations, past }: CommandServices, id: string): Promise<PastItem> {
  const recent = migrations.get(id);
  if (recent !== undefined) return recent;
  await past.load();
  return past.get(id) ?? knownMigration(migrations, id);
}

/** All that is known, running ones first, then newest first. */
export function everyMigration({ migrations, past }: CommandServices): readonly PastItem[] {
  const known = new Set(migrations.all.map(({ id }) => id));
  return [...migrations.all, ...past.archived.filter(({ id }) => !known.has(id))];
}

/** Lets the user choose one. Undefined when they don't. */
export async function pickAny(
  migrations: readonly PastItem[],
  title: string,
  placeHolder = 'Which migration?',
): Promise<PastItem | undefined> {
  const picked = await vscode.window.showQuickPick(migrations.slice(0, listed).map(itemOf), {
    title,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.migration;
}

function itemOf(migration: PastItem): vscode.QuickPickItem & { readonly migration: PastItem } {
  return {
    label: escapeIcons(describeRoute(migration)),
    description: escapeIcons(shortOf(migration)),
    detail: new Date(migration.startedAtMs).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' }),
    migration,
  };
}

/** What the index of the past holds has no history to tell of. */
function shortOf(migration: PastItem & Partial<Pick<Migration, 'samples' | 'marks'>>): string {
  const { state, samples = [], marks = [] } = migration;
  return describeShort({ state, samples, marks });
}

function nothing({ host, domain }: TargetArguments, hosts: number): string {
  if (domain !== undefined || host !== undefined) return 'No such migration is known.';
  return hosts === 0 ? 'No migration is known: there are no hosts yet.' : 'No migration is known.';
}
