import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import { readHost } from './pickHost.js';
import type { Command } from './services.js';
import { knownHost } from './target.js';

/** Reads the domains of a host again, or of all that are connected. One that fails keeps none of the others from it. */
export const refresh: Command = {
  id: 'libvirt.refresh',
  async run({ fleet }, argument) {
    const name = readHost(this.id, argument);
    const hosts =
      name === undefined
        ? fleet.hypervisors.filter(({ status }) => status.kind === 'connected')
        : [knownHost(fleet, name)];
    const results = await vscode.window.withProgress({ location: { viewId: 'libvirt.hosts' } }, () =>
      Promise.allSettled(hosts.map((hypervisor) => hypervisor.refresh())),
    );
    const [failure, ...more] = results.filter((result) => result.status === 'rejected');
    if (failure === undefined) return undefined;
    if (more.length === 0) throw failure.reason;
    throw new UserError(`${more.length + 1} hosts could not be refreshed.`, 'The log says why.', {
      cause: failure.reason,
    });
  },
};
