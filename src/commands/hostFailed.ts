import { UserError } from '../base/errors.js';
import { remedyCommand } from '../views/remedies.js';
import type { Remedy } from '../hypervisor/remedy.js';
import type { RowCommand } from '../views/rows.js';

/** What the user asked for failed because of the state a host is in; `button` leads out of it. */
export class HostFailed extends UserError {
  readonly button: RowCommand;

  constructor(host: string, message: string, advice: string | undefined, remedy: Remedy) {
    super(message, advice);
    this.button = remedyCommand(remedy, host);
  }
}
