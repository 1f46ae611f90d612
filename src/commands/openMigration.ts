import { findMigration } from './anyMigration.js';
import { readTarget } from './pickMigration.js';
import type { Command } from './services.js';

/** Opens a migration's panel, running or past: the one named, the only one that runs, or the one chosen. */
export const openMigration: Command = {
  id: 'libvirt.openMigration',
  async run(services, argument) {
    const migration = await findMigration(services, readTarget(this.id, argument), 'Open a Migration');
    if (migration !== undefined) services.panels.open(migration);
    return undefined;
  },
};
