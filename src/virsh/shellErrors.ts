import { UserError } from '../base/errors.js';

/** The shell ended, or was ended, before it answered. Whether the command was carried out is not known. */
export class ShellDied extends UserError {}

/** The command did not answer in time; its shell is gone with it. */
export class CommandTimedOut extends ShellDied {}

/** No virsh could be started, so no command was sent. */
export class StartFailed extends ShellDied {
  /** Whether the host's entry in `libvirt.hosts` is what has to change. */
  readonly entryAtFault: boolean;

  constructor(message: string, advice: string | undefined, entryAtFault: boolean) {
    super(message, advice);
    this.entryAtFault = entryAtFault;
  }
}
