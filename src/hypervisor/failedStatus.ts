import { messageOf, UserError } from '../base/errors.js';
import { SshError } from '../ssh/types.js';
import type { FailedStatus } from './model.js';
import { remedyFor } from './remedy.js';
import { mayPass } from './retry.js';

/** The status of a host that `error` has ended: in its words, with what to do about it. */
export function failedStatus(error: unknown): FailedStatus {
  const ssh = error instanceof SshError ? error : undefined;
  return {
    kind: 'failed',
    message: messageOf(error),
    advice: error instanceof UserError ? error.advice : undefined,
    remedy: remedyFor(error),
    mayPass: mayPass(error),
    byUser: ssh?.byUser ?? false,
    ...(ssh?.hostKey === undefined ? {} : { hostKey: ssh.hostKey }),
  };
}
