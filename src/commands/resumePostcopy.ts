import * as vscode from 'vscode';
import { guestName, hostName } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import { DestinationUnknown } from '../migration/steering.js';
import { readArguments, schemas } from './arguments.js';
import { resolveTarget } from './pickMigration.js';
import type { Command } from './services.js';
import { steer } from './steer.js';
import { checkSteerable, requireMigration } from './target.js';

/** Goes on with a post-copy that was interrupted, or that a lost network broke off. */
export const resumePostcopy: Command = {
  id: 'libvirt.resumePostcopy',
  async run(services, argument) {
    const { destinationUri, migrationUri, ...named } = readArguments(this.id, schemas.resumePostcopy, argument);
    const target = await resolveTarget(services, named, 'Resume a Post-Copy');
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    const migration = requireMigration(target);
    const via = migrationUri === undefined ? {} : { migrationUri };
    try {
      const by = destinationUri === undefined ? {} : { destinationUri };
      return await steer(services, target, { kind: 'resumePostcopy', ...by, ...via });
    } catch (error) {
      if (!(error instanceof DestinationUnknown)) throw error;
      const asked = await askUri(migration);
      if (asked === undefined) return undefined;
      return steer(services, target, { kind: 'resumePostcopy', destinationUri: asked, ...via });
    }
  },
};

/** Somebody else has started it, so only its destination is known, and not the way to it. */
async function askUri(migration: Migration): Promise<string | undefined> {
  const { destination } = migration.state;
  const text = await vscode.window.showInputBox({
    title: `Resume the Post-Copy of ${guestName(migration)}`,
    prompt: `The URI by which ${hostName(migration.source)} reaches the destination, as the migration was started with.`,
    value: `qemu+ssh://${destination === undefined ? '' : hostName(destination)}/system`,
    ignoreFocusOut: true,
    validateInput: (typed) =>
      /^[a-z+]+:\/\/[^\s/]+\/\S+$/.test(typed.trim()) ? undefined : 'A URI of libvirt, such as qemu+ssh://hv2/system.',
  });
  return text?.trim();
}
