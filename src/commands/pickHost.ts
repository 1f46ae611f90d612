import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import type { Hypervisor } from '../hypervisor/model.js';
import { readArguments, schemas } from './arguments.js';
import type { CommandServices } from './services.js';
import { knownHost } from './target.js';

export interface HostChoice {
  readonly title: string;
  readonly fits: (hypervisor: Hypervisor) => boolean;
  /** Said when no host fits. */
  readonly none: string;
}

/** The host named, the only one that fits, or the one chosen. Undefined when the user chooses none. */
export async function resolveHost(
  services: CommandServices,
  name: string | undefined,
  { title, fits, none }: HostChoice,
): Promise<Hypervisor | undefined> {
  if (name !== undefined) return knownHost(services.fleet, name);
  const hosts = services.fleet.hypervisors.filter(fits);
  if (hosts.length === 0) throw new UserError(none);
  const items = hosts.map((hypervisor) => ({
    label: escapeIcons(cleanLabel(hypervisor.config.name)),
    description: escapeIcons(cleanLabel(hypervisor.config.destination)),
    hypervisor,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: 'Which host?',
    matchOnDescription: true,
  });
  return picked?.hypervisor;
}

export function readHost(command: string, argument: unknown): string | undefined {
  return readArguments(command, schemas.host, argument).host;
}
