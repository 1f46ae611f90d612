import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import type { Hypervisor } from '../hypervisor/model.js';
import { cacheText } from '../migration/changes.js';
import { guestName } from '../migration/describe.js';
import { type Checked, parseCacheMiB } from '../virsh/bounds.js';
import { getCompressionCache } from '../virsh/commands.js';
import { readArguments, schemas } from './arguments.js';
import { askValue } from './askValue.js';
import { resolveTarget } from './pickMigration.js';
import type { Command } from './services.js';
import { steer } from './steer.js';
import { checkSteerable, requireMigration, type Target } from './target.js';

/** Sets how much QEMU remembers of what it has sent, for a migration that sends only what differs from it (XBZRLE). */
export const setCompressionCache: Command = {
  id: 'libvirt.setCompressionCache',
  async run(services, argument) {
    const { cacheMiB, ...named } = readArguments(this.id, schemas.setCompressionCache, argument);
    const target = await resolveTarget(services, named, 'Set the Compression Cache of a Migration');
    if (target === undefined) return undefined;
    const hypervisor = checkSteerable(services.fleet, target);
    requireMigration(target);
    const memoryBytes = hypervisor.domains.get(target.uuid)?.memoryBytes;
    const parse = (text: string): Checked => parseCacheMiB(text, memoryBytes);
    const given = cacheMiB === undefined ? undefined : parse(String(cacheMiB));
    if (given?.ok === false) throw new UserError(given.message, 'Nothing was sent.');
    const value = given?.value ?? (await ask(hypervisor, target, parse));
    if (value === undefined) return undefined;
    return steer(services, target, { kind: 'setCompressionCache', cacheMiB: value });
  },
};

async function ask(
  hypervisor: Hypervisor,
  { uuid, name }: Target,
  parse: (text: string) => Checked,
): Promise<number | undefined> {
  const guest = guestName({ domainName: name });
  const bytes = await hypervisor.run(getCompressionCache(uuid)).catch(() => undefined);
  const current = bytes === undefined ? undefined : bytes / 2 ** 20;
  return askValue({
    title: `Compression Cache of the Migration of ${guest}`,
    prompt: `How much QEMU keeps of what it has sent, in MiB: 64, or 1 GiB.${current === undefined ? '' : ` Now: ${cacheText(current)}.`}`,
    current: current === undefined || !Number.isInteger(current) ? undefined : String(current),
    parse,
    effect: (asked) => ({
      message: `QEMU takes up to ${asked} MiB of the source's memory for it, beside the guest's own.`,
      severity: vscode.InputBoxValidationSeverity.Info,
    }),
  });
}
