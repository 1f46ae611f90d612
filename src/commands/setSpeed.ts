import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import type { Hypervisor } from '../hypervisor/model.js';
import { guestName } from '../migration/describe.js';
import { isInPostcopy } from '../migration/phase.js';
import { parseSpeedMiBps, unlimitedMiBps } from '../virsh/bounds.js';
import { getPostcopySpeed, getSpeed } from '../virsh/commands.js';
import { readArguments, schemas } from './arguments.js';
import { askValue } from './askValue.js';
import { resolveTarget } from './pickMigration.js';
import type { Command } from './services.js';
import { steer } from './steer.js';
import { checkSteerable, requireMigration, type Target } from './target.js';

/** Sets how much of the network a running migration may use; in post-copy, which has a speed of its own, that one. */
export const setSpeed: Command = {
  id: 'libvirt.setSpeed',
  async run(services, argument) {
    const { speedMiBps, ...named } = readArguments(this.id, schemas.setSpeed, argument);
    const given = speedMiBps === undefined ? undefined : parseSpeedMiBps(String(speedMiBps));
    if (given?.ok === false) throw new UserError(given.message, 'Nothing was sent.');
    const target = await resolveTarget(services, named, 'Set the Speed of a Migration');
    if (target === undefined) return undefined;
    const hypervisor = checkSteerable(services.fleet, target);
    requireMigration(target);
    const value = given?.value ?? (await ask(hypervisor, target));
    if (value === undefined) return undefined;
    return steer(services, target, { kind: 'setSpeed', speedMiBps: value });
  },
};

async function ask(hypervisor: Hypervisor, { uuid, name, migration }: Target): Promise<number | undefined> {
  const guest = guestName({ domainName: name });
  // Only a help to the user: an old libvirt may refuse, and the question stands without it.
  const inPostcopy = migration !== undefined && isInPostcopy(migration.state);
  const current = await hypervisor.run((inPostcopy ? getPostcopySpeed : getSpeed)(uuid)).catch(() => undefined);
  const shown =
    current === undefined ? undefined : current === 0 || current >= unlimitedMiBps ? 'unlimited' : String(current);
  return askValue({
    title: `${inPostcopy ? 'Post-Copy Speed' : 'Speed'} of the Migration of ${guest}`,
    prompt: `The most it may send, in MiB/s: 20, 1 GiB/s, or unlimited.${shown === undefined ? '' : ` Now: ${shown}${shown === 'unlimited' ? '' : ' MiB/s'}.`}`,
    current: shown,
    parse: parseSpeedMiBps,
    effect: (speedMiBps) => ({
      message:
        speedMiBps >= unlimitedMiBps
          ? 'No limit: the migration takes all the network gives it.'
          : `At most ${speedMiBps} MiB/s.`,
      severity: vscode.InputBoxValidationSeverity.Info,
    }),
  });
}
