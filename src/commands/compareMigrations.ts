import { UserError } from '../base/errors.js';
import { describeRoute } from '../migration/describe.js';
import { everyMigration, findMigration, migrationOf, pickAny } from './anyMigration.js';
import { readArguments, readSelection, schemas } from './arguments.js';
import type { Command } from './services.js';

/** Shows two migrations side by side: the two that are selected or named, or one of them and one that is chosen. */
export const compareMigrations: Command = {
  id: 'libvirt.compareMigrations',
  async run(services, argument, selected) {
    const chosen = readSelection(selected);
    if (chosen.length > 2) throw new UserError('Two migrations can be compared.', 'Select two.');
    const { migrations: named = chosen, ...one } = readArguments(this.id, schemas.compareMigrations, argument);
    if (named.length === 2) {
      const [first, second] = await Promise.all(named.map((id) => migrationOf(services, id)));
      if (first !== undefined && second !== undefined) services.comparisons.open(first.id, second.id);
      return undefined;
    }
    const title = 'Compare Two Migrations';
    const first = await findMigration(services, one, title);
    if (first === undefined) return undefined;
    await services.past.load();
    const others = everyMigration(services).filter(({ id }) => id !== first.id);
    if (others.length === 0) throw new UserError('There is no other migration to compare it with.');
    const second = await pickAny(others, title, `Compare ${describeRoute(first)} with which?`);
    if (second !== undefined) services.comparisons.open(first.id, second.id);
    return undefined;
  },
};
