import { readArguments, schemas } from './arguments.js';
import { resolveTarget } from './pickMigration.js';
import { pauseQuestion } from './questions.js';
import type { Command } from './services.js';
import { confirm, steer } from './steer.js';
import { checkSteerable, requireMigration } from './target.js';

/** Stops the guest, so that it dirties no more memory: the surest way to an end, and the guest's users pay for it. */
export const pause: Command = {
  id: 'libvirt.pause',
  async run(services, argument) {
    const { confirmed, ...named } = readArguments(this.id, schemas.confirmedTarget, argument);
    const target = await resolveTarget(services, named, 'Pause a Migrating Guest');
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    if (!(await confirm(pauseQuestion(requireMigration(target)), confirmed))) return undefined;
    return steer(services, target, { kind: 'pause' });
  },
};
