import { cleanLabel } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import { destinationProblem, type HostEntry, nameProblem } from '../editor/hostSettings.js';
import type { Hypervisor } from '../hypervisor/model.js';
import { parseDestination } from '../ssh/destination.js';
import { askHost } from './askHost.js';
import { readArguments, schemas } from './arguments.js';
import { connectHost } from './connect.js';
import type { Command, CommandServices } from './services.js';

/** How long the new entry may take to become a host: it is announced by the editor, not returned. */
const appearMs = 5000;

/** Adds a host to the settings and connects it. With a destination among its arguments it asks nothing about the entry. */
export const addHost: Command = {
  id: 'libvirt.addHost',
  async run(services, argument) {
    const { destination, name, ...rest } = readArguments(this.id, schemas.addHost, argument);
    const hosts = services.fleet.hypervisors.map(({ config }) => config);
    const entry =
      destination === undefined
        ? await askHost(hosts, services.aliases())
        : named(
            destination,
            name,
            hosts.map((host) => host.name),
          );
    if (entry === undefined) return undefined;
    const { uri, virsh, readOnly, group } = rest;
    await services.settings.addHost({
      ...entry,
      ...(uri === undefined ? {} : { uri }),
      ...(virsh === undefined ? {} : { virsh }),
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(group === undefined ? {} : { group }),
    });
    return connectHost(services, await appeared(services.fleet, entry.name));
  },
};

function named(destination: string, name: string | undefined, taken: readonly string[]): HostEntry {
  const problem = destinationProblem(destination);
  if (problem !== undefined) throw new UserError(problem);
  const given = name ?? parseDestination(destination).host;
  const wrongName = nameProblem(given, taken);
  if (wrongName !== undefined) throw new UserError(wrongName, 'Nothing was added.');
  return { name: given, destination };
}

function appeared(fleet: CommandServices['fleet'], name: string): Promise<Hypervisor> {
  return new Promise((resolve, reject) => {
    const there = fleet.get(name);
    if (there !== undefined) {
      resolve(there);
      return;
    }
    const subscription = fleet.onDidChange(() => {
      const host = fleet.get(name);
      if (host !== undefined) finish(() => resolve(host));
    });
    const timer = setTimeout(
      () => finish(() => reject(new UserError(`${cleanLabel(name)} was added to the settings but has not appeared.`))),
      appearMs,
    );
    const finish = (then: () => void): void => {
      clearTimeout(timer);
      subscription.dispose();
      then();
    };
  });
}
