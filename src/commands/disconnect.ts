import { cleanLabel } from '../base/cleanText.js';
import { readHost, resolveHost } from './pickHost.js';
import type { Command } from './services.js';

/** Closes a host's connection. Migrations on it go on; they are only not watched. */
export const disconnect: Command = {
  id: 'libvirt.disconnect',
  async run(services, argument) {
    const hypervisor = await resolveHost(services, readHost(this.id, argument), {
      title: 'Disconnect a Host',
      fits: ({ status }) => status.kind !== 'disconnected',
      none: 'No host is connected.',
    });
    if (hypervisor === undefined) return undefined;
    hypervisor.disconnect();
    return `Disconnected from ${cleanLabel(hypervisor.config.name)}.`;
  },
};
