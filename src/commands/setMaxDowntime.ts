import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import type { Hypervisor } from '../hypervisor/model.js';
import { guestName } from '../migration/describe.js';
import { formatMs } from '../panel/format.js';
import { parseDowntimeMs } from '../virsh/bounds.js';
import { getMaxDowntime } from '../virsh/commands.js';
import { readArguments, schemas } from './arguments.js';
import { askValue } from './askValue.js';
import { resolveTarget } from './pickMigration.js';
import type { Command } from './services.js';
import { steer } from './steer.js';
import { checkSteerable, requireMigration, type Target } from './target.js';

/** A guest that stands still for longer than this is noticed by those who use it: the box says so in yellow. */
const noticedMs = 1000;

/** Sets how long the guest may be stopped for the switch-over: the usual way out of a migration that never ends. */
export const setMaxDowntime: Command = {
  id: 'libvirt.setMaxDowntime',
  async run(services, argument) {
    const { downtimeMs, ...named } = readArguments(this.id, schemas.setMaxDowntime, argument);
    const given = downtimeMs === undefined ? undefined : parseDowntimeMs(String(downtimeMs));
    if (given?.ok === false) throw new UserError(given.message, 'Nothing was sent.');
    const target = await resolveTarget(services, named, 'Set the Max Downtime of a Migration');
    if (target === undefined) return undefined;
    const hypervisor = checkSteerable(services.fleet, target);
    requireMigration(target);
    const value = given?.value ?? (await ask(hypervisor, target));
    if (value === undefined) return undefined;
    return steer(services, target, { kind: 'setMaxDowntime', downtimeMs: value });
  },
};

async function ask(hypervisor: Hypervisor, { uuid, name, migration }: Target): Promise<number | undefined> {
  const guest = guestName({ domainName: name });
  const current =
    hypervisor.capabilities?.maxDowntimeReadable === true
      ? await hypervisor.run(getMaxDowntime(uuid)).catch(() => undefined)
      : migration?.samples.at(-1)?.maxDowntimeMs;
  return askValue({
    title: `Max Downtime of the Migration of ${guest}`,
    prompt: `How long '${guest}' may be stopped for the switch-over, in ms: 12000, or 12 s.${current === undefined ? '' : ` Now: ${current} ms.`}`,
    current: current === undefined ? undefined : String(current),
    parse: parseDowntimeMs,
    effect: (downtimeMs) => ({
      message: `'${guest}' may stand still for its users for up to ${formatMs(downtimeMs)}.`,
      severity:
        downtimeMs > noticedMs ? vscode.InputBoxValidationSeverity.Warning : vscode.InputBoxValidationSeverity.Info,
    }),
  });
}
