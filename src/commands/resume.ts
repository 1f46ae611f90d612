import { pickMigration, readTarget } from './pickMigration.js';
import type { Command, CommandServices } from './services.js';
import { steer } from './steer.js';
import { checkSteerable, findTarget, migrationTarget, type Target } from './target.js';
import type { TargetArguments } from './arguments.js';

/** Lets a paused guest go on: one that its migration left paused. While it migrates, libvirt resumes it only itself. */
export const resume: Command = {
  id: 'libvirt.resume',
  async run(services, argument) {
    const target = await find(services, readTarget(this.id, argument));
    if (target === undefined) return undefined;
    checkSteerable(services.fleet, target);
    return steer(services, target, { kind: 'resume' });
  },
};

/** Without a name only guests that stand still are meant; if there are none, running migrations explain why. */
async function find({ fleet, migrations }: CommandServices, named: TargetArguments): Promise<Target | undefined> {
  const paused = migrations.all.filter(
    ({ state }) => state.leftPausedOn !== undefined || (state.phase === 'paused' && state.outcome === undefined),
  );
  const isNamed = Object.keys(named).length > 0;
  if (isNamed || paused.length === 0) {
    const found = findTarget(fleet, migrations, named);
    if (found.kind === 'one') return found.target;
    return chosen(await pickMigration(found.migrations, 'Resume a Guest'));
  }
  return chosen(paused.length === 1 ? paused[0] : await pickMigration(paused, 'Resume a Guest'));
}

function chosen(migration: Parameters<typeof migrationTarget>[0] | undefined): Target | undefined {
  return migration === undefined ? undefined : migrationTarget(migration);
}
