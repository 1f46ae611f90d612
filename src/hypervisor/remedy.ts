import { UserError } from '../base/errors.js';
import { SshError } from '../ssh/types.js';
import { isEntryAtFault } from '../virsh/errors.js';
import { StartFailed } from '../virsh/shellErrors.js';

/**
 * What a button can do about a failed host: `connect` with the user there to be asked, `forgetHostKey` of a host that was
 * installed anew, `retry` once its cause is mended, `editHosts` where its entry in the settings must change,
 * `chooseTransport` where another way of reaching it would do, `showLog` where nobody knows.
 */
export type Remedy = 'connect' | 'forgetHostKey' | 'retry' | 'editHosts' | 'chooseTransport' | 'showLog';

/** What helps against the failure `error` of a host. */
export function remedyFor(error: unknown): Remedy {
  if (error instanceof SshError) return sshRemedy(error);
  // Not put into words for people: the log has what there is.
  if (!(error instanceof UserError)) return 'showLog';
  const entryAtFault = error instanceof StartFailed ? error.entryAtFault : isEntryAtFault(error.message);
  return entryAtFault ? 'editHosts' : 'retry';
}

function sshRemedy({ kind, hostKey }: SshError): Remedy {
  switch (kind) {
    case 'badDestination':
      return 'editHosts';
    case 'hostKeyUnknown':
    case 'authentication':
      return 'connect';
    case 'hostKeyChanged':
      return hostKey === undefined ? 'retry' : 'forgetHostKey';
    case 'hostKeyUnverifiable':
      return 'chooseTransport';
    case 'unresolved':
    case 'unreachable':
    case 'hostKeyRevoked':
    case 'channel':
    case 'channelRefused':
    case 'lost':
    case 'cancelled':
      return 'retry';
  }
}
