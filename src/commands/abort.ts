import { readArguments, schemas } from './arguments.js';
import { resolveTarget } from './pickMigration.js';
import { abortQuestion } from './questions.js';
import type { Command } from './services.js';
import { confirm, steer } from './steer.js';
import { checkSteerable, requireMigration } from './target.js';

/** Ends a migration; the guest stays where it is. It never waits behind anything: its virsh line has a lane of its own. */
export const abort: Command = {
  id: 'libvirt.abort',
  async run(services, argument) {
    const { confirmed, ...named } = readArguments(this.id, schemas.confirmedTarget, argument);
    const target = await resolveTarget(services, named, 'Abort a Migration');
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    if (!(await confirm(abortQuestion(requireMigration(target)), confirmed))) return undefined;
    return steer(services, target, { kind: 'abort' });
  },
};
