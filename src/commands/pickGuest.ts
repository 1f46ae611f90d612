import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import type { Domain, Fleet, Hypervisor } from '../hypervisor/model.js';
import { isMigratable } from '../migration/migratable.js';
import { formatBytes } from '../panel/format.js';
import type { CommandServices } from './services.js';
import { knownHost } from './target.js';

/** A guest that may be migrated, where it runs. */
export interface Guest {
  readonly host: Hypervisor;
  readonly domain: Domain;
}

interface Named {
  readonly host?: string | undefined;
  readonly domain?: string | undefined;
}

/** The guest that is named, the only one that runs, or the one chosen. Undefined when the user chooses none. */
export async function resolveGuest(services: CommandServices, named: Named, title: string): Promise<Guest | undefined> {
  if (named.host !== undefined && named.domain !== undefined) {
    return namedGuest(knownHost(services.fleet, named.host), named.domain);
  }
  if (named.host !== undefined) knownHost(services.fleet, named.host);
  const guests = runningGuests(services).filter(
    ({ host, domain }) =>
      (named.host === undefined || named.host === host.config.name) &&
      (named.domain === undefined || named.domain.toLowerCase() === domain.uuid || named.domain === domain.name),
  );
  const [first, ...more] = guests;
  if (first === undefined) throw nothing(named);
  if (more.length === 0 && named.domain !== undefined) return first;
  return pick(guests, title);
}

/** What runs on hosts that may be changed and does not migrate already, by name. */
function runningGuests({ fleet, migrations }: Pick<CommandServices, 'fleet' | 'migrations'>): Guest[] {
  return changeable(fleet).flatMap((host) =>
    [...host.domains.values()]
      .filter((domain) => isMigratable(domain) && migrations.running(host.config.name, domain.uuid) === undefined)
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
      .map((domain) => ({ host, domain })),
  );
}

function changeable(fleet: Fleet): readonly Hypervisor[] {
  return fleet.hypervisors.filter(({ status, config }) => status.kind === 'connected' && !config.readOnly);
}

function namedGuest(host: Hypervisor, named: string): Guest {
  const domains = [...host.domains.values()];
  // A UUID first: a guest may bear another's UUID as its name.
  const domain = domains.find(({ uuid }) => uuid === named.toLowerCase()) ?? domains.find(({ name }) => name === named);
  if (domain !== undefined) return { host, domain };
  throw new UserError(`${cleanLabel(host.config.name)} has no domain "${cleanLabel(named)}".`, 'Refresh the host.');
}

async function pick(guests: readonly Guest[], title: string): Promise<Guest | undefined> {
  const items = guests.map((guest) => {
    const { host, domain } = guest;
    const size = domain.memoryBytes === undefined ? [] : [formatBytes(domain.memoryBytes)];
    const names = [domain.platformName ?? domain.title].filter((name) => name !== undefined);
    return {
      label: escapeIcons(cleanLabel(domain.name)),
      description: escapeIcons(
        [`on ${cleanLabel(host.config.name)}`, ...size, ...names.map((n) => cleanLabel(n))].join(' · '),
      ),
      guest,
    };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: 'Which guest?',
    matchOnDescription: true,
  });
  return picked?.guest;
}

function nothing({ host, domain }: Named): UserError {
  const what = domain === undefined ? 'No guest' : `No guest ${cleanLabel(domain)}`;
  const where = host === undefined ? 'a connected host' : cleanLabel(host);
  return new UserError(`${what} runs on ${where} that could be migrated.`);
}
