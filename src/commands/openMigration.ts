import type { Migration } from '../migration/model.js';
import { UserError } from '../base/errors.js';
import { pickMigration, readTarget } from './pickMigration.js';
import type { TargetArguments } from './arguments.js';
import type { Command, CommandServices } from './services.js';
import { knownMigration } from './target.js';

/** Opens a migration's panel: the one named, the only one that runs, or the one chosen. */
export const openMigration: Command = {
  id: 'libvirt.openMigration',
  async run(services, argument) {
    const migration = await find(services, readTarget(this.id, argument));
    if (migration !== undefined) services.panels.open(migration);
    return undefined;
  },
};

async function find({ migrations, fleet }: CommandServices, named: TargetArguments): Promise<Migration | undefined> {
  if (named.migration !== undefined) return knownMigration(migrations, named.migration);
  const { host, domain } = named;
  const asked = migrations.all.filter(
    ({ source, state, domainUuid, domainName }) =>
      (host === undefined || host === source || host === state.destination) &&
      (domain === undefined || domain === domainUuid || domain === domainName),
  );
  const running = asked.filter(({ state }) => state.outcome === undefined);
  const choice = running.length > 0 ? running : asked;
  const [first] = choice;
  if (first === undefined) throw new UserError(nothing(named, fleet.hypervisors.length));
  // Of one guest's past migrations the last is meant; of several guests' nobody can tell.
  if (choice.length === 1 || (domain !== undefined && running.length === 0)) return first;
  return pickMigration(choice, 'Open a Migration');
}

function nothing({ host, domain }: TargetArguments, hosts: number): string {
  if (domain !== undefined || host !== undefined) return 'No such migration is known.';
  return hosts === 0 ? 'No migration is known: there are no hosts yet.' : 'No migration is known.';
}
