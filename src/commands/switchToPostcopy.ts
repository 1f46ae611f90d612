import { readArguments, schemas } from './arguments.js';
import { resolveTarget } from './pickMigration.js';
import { postcopyQuestion } from './questions.js';
import type { Command } from './services.js';
import { confirm, steer } from './steer.js';
import { checkSteerable, requireMigration } from './target.js';

/** Runs the guest on its destination at once; the rest of its memory follows. */
export const switchToPostcopy: Command = {
  id: 'libvirt.switchToPostcopy',
  async run(services, argument) {
    const { confirmed, ...named } = readArguments(this.id, schemas.confirmedTarget, argument);
    const target = await resolveTarget(services, named, 'Switch a Migration to Post-Copy');
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    if (!(await confirm(postcopyQuestion(requireMigration(target)), confirmed))) return undefined;
    return steer(services, target, { kind: 'switchToPostcopy' });
  },
};
