import { cleanLabel } from '../base/cleanText.js';
import { messageOf, UserError } from '../base/errors.js';
import type { Hypervisor } from '../hypervisor/model.js';
import type { RefusedHostKey } from '../ssh/types.js';
import { readArguments, schemas } from './arguments.js';
import { connectHost } from './connect.js';
import { resolveHost } from './pickHost.js';
import { forgetHostKeyQuestion } from './questions.js';
import type { Command } from './services.js';
import { confirm } from './steer.js';

/** Removes the known key of a host that shows another one, and connects it again: its new key is shown and asked about. */
export const forgetHostKey: Command = {
  id: 'libvirt.forgetHostKey',
  async run(services, argument) {
    const { host, confirmed } = readArguments(this.id, schemas.confirmedHost, argument);
    const hypervisor = await resolveHost(services, host, {
      title: 'Forget the Key of a Host',
      fits: (candidate) => changedKeyOf(candidate) !== undefined,
      none: 'No host is refused for a changed key.',
    });
    if (hypervisor === undefined) return undefined;
    const name = hypervisor.config.name;
    const key = changedKeyOf(hypervisor);
    if (key === undefined) {
      throw new UserError(`${cleanLabel(name)} is not refused for a changed key.`, 'Nothing was forgotten.');
    }
    if (!(await confirm(forgetHostKeyQuestion(name, key), confirmed))) return undefined;
    try {
      await services.hostKeys.forget(key.file, key.name);
    } catch (error) {
      throw new UserError(
        `The old key of ${key.name} could not be removed from ${key.file}: ${messageOf(error)}.`,
        `Remove its line ${key.line} yourself, or have it removed by whoever may write that file.`,
        { cause: error },
      );
    }
    return connectHost(services, hypervisor);
  },
};

function changedKeyOf({ status }: Hypervisor): RefusedHostKey | undefined {
  return status.kind === 'failed' && status.remedy === 'forgetHostKey' ? status.hostKey : undefined;
}
