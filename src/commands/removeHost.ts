import { cleanLabel } from '../base/cleanText.js';
import { readArguments, schemas } from './arguments.js';
import { resolveHost } from './pickHost.js';
import type { Command } from './services.js';
import { confirm } from './steer.js';

/** Removes a host's entry from the settings. Nothing changes on the host itself. */
export const removeHost: Command = {
  id: 'libvirt.removeHost',
  async run(services, argument) {
    const { host, confirmed } = readArguments(this.id, schemas.confirmedHost, argument);
    const hypervisor = await resolveHost(services, host, {
      title: 'Remove a Host',
      fits: () => true,
      none: 'There are no hosts.',
    });
    if (hypervisor === undefined) return undefined;
    const name = cleanLabel(hypervisor.config.name);
    const question = {
      message: `Remove '${name}'?`,
      detail:
        'Its entry leaves your settings and its connection is closed. Nothing changes on the host, and migrations go on there.',
      button: 'Remove Host',
    };
    if (!(await confirm(question, confirmed))) return undefined;
    await services.settings.removeHost(hypervisor.config.name);
    return `Removed ${name}.`;
  },
};
