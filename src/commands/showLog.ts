import type { Command } from './services.js';

/** Shows every virsh line that was sent, with its host, time and duration. */
export const showLog: Command = {
  id: 'libvirt.showLog',
  run({ log }) {
    log.show();
    return Promise.resolve(undefined);
  },
};
