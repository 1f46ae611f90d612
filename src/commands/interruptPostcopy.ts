import { readArguments, schemas } from './arguments.js';
import { resolveTarget } from './pickMigration.js';
import { interruptQuestion } from './questions.js';
import type { Command } from './services.js';
import { confirm, steer } from './steer.js';
import { checkSteerable, requireMigration } from './target.js';

/** Breaks a post-copy off: to free the network, or to move it to another. The guest stands still until it is resumed. */
export const interruptPostcopy: Command = {
  id: 'libvirt.interruptPostcopy',
  async run(services, argument) {
    const { confirmed, ...named } = readArguments(this.id, schemas.confirmedTarget, argument);
    const target = await resolveTarget(services, named, 'Interrupt a Post-Copy');
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    if (!(await confirm(interruptQuestion(requireMigration(target)), confirmed))) return undefined;
    return steer(services, target, { kind: 'interruptPostcopy' });
  },
};
