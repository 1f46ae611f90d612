import type { Remedy } from '../hypervisor/remedy.js';
import type { RowCommand } from './rows.js';

/** What a click on a failure's row, or on the button of its notification, runs for `host`. */
export function remedyCommand(remedy: Remedy, host: string): RowCommand {
  switch (remedy) {
    case 'connect':
      return { command: 'libvirt.connect', title: 'Connect', arguments: [{ host }] };
    case 'retry':
      return { command: 'libvirt.connect', title: 'Try Again', arguments: [{ host }] };
    case 'forgetHostKey':
      return { command: 'libvirt.forgetHostKey', title: 'Forget Old Key…', arguments: [{ host }] };
    case 'editHosts':
      return { command: 'libvirt.editHosts', title: 'Edit Hosts', arguments: [] };
    case 'chooseTransport':
      return {
        command: 'workbench.action.openSettings',
        title: 'Choose Transport',
        arguments: ['libvirt.ssh.transport'],
      };
    case 'showLog':
      return { command: 'libvirt.showLog', title: 'Show Log', arguments: [] };
  }
}
