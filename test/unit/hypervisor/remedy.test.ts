import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import { type Remedy, remedyFor } from '../../../src/hypervisor/remedy.js';
import { SshError, type SshErrorKind } from '../../../src/ssh/types.js';
import { StartFailed } from '../../../src/virsh/shellErrors.js';

const remedies: Readonly<Record<SshErrorKind, Remedy>> = {
  badDestination: 'editHosts',
  unresolved: 'retry',
  unreachable: 'retry',
  hostKeyUnknown: 'connect',
  hostKeyChanged: 'forgetHostKey',
  hostKeyRevoked: 'retry',
  hostKeyUnverifiable: 'chooseTransport',
  authentication: 'connect',
  channel: 'retry',
  channelRefused: 'retry',
  lost: 'retry',
  cancelled: 'retry',
};

describe('the button of a failed host', () => {
  it.each(Object.entries(remedies))('for %s is %s', (kind, remedy) => {
    const hostKey = { name: 'hv1', file: '/home/me/.ssh/known_hosts', line: 3 };
    expect(remedyFor(new SshError(kind as SshErrorKind, 'x', undefined, { hostKey }))).toBe(remedy);
  });

  it('forgets no key where no file holds another one', () => {
    expect(remedyFor(new SshError('hostKeyChanged', 'It changed its key while it was connected.'))).toBe('retry');
  });

  it('leads to the settings where its entry is wrong, and tries again where the host is', () => {
    expect(remedyFor(new StartFailed('hv1: sudo: a password is required', 'x', true))).toBe('editHosts');
    expect(remedyFor(new StartFailed('hv1: failed to connect', 'x', false))).toBe('retry');
    expect(remedyFor(new UserError('hv1: access denied'))).toBe('editHosts');
    expect(remedyFor(new UserError('hv1: Timed out'))).toBe('retry');
  });

  it('shows the log where nobody knows', () => {
    expect(remedyFor(new TypeError('x is not a function'))).toBe('showLog');
  });
});
