import { UserError } from '../base/errors.js';
import { quoted } from './steer.js';
import { undoOf } from '../migration/undo.js';
import { readTarget, resolveTarget } from './pickMigration.js';
import type { Command } from './services.js';
import { steer } from './steer.js';
import { checkSteerable, requireMigration } from './target.js';

/** Brings back the speed, max downtime or compression cache that was in force before the last change from here. */
export const undo: Command = {
  id: 'libvirt.undo',
  async run(services, argument) {
    const target = await resolveTarget(services, readTarget(this.id, argument), 'Undo the Last Change of a Migration');
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    const migration = requireMigration(target);
    const found = undoOf(migration);
    if (found === undefined) {
      throw new UserError(
        `Nothing that was set for ${quoted(migration)} from here can be taken back.`,
        'Only speed, max downtime and compression cache can, once they were changed.',
      );
    }
    return steer(services, target, found.action);
  },
};
