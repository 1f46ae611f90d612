import { describe, expect, it } from 'vitest';
import { channelError, connectError, lossError, type TransportFailure } from '../../../src/ssh/connectErrors.js';
import { parseDestination } from '../../../src/ssh/destination.js';
import { resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import type { SshErrorKind } from '../../../src/ssh/types.js';

const host = resolvedHostOf(new Map([['hostname', ['192.0.2.7']]]), parseDestination('root@hv1'), {
  platform: 'linux',
  env: {},
  homeDir: '/home/me',
  userName: 'me',
});
const socket = (code: string): TransportFailure => ({ message: `connect ${code}`, code, level: 'client-socket' });

describe('a connection that fails', () => {
  const cases: [TransportFailure, SshErrorKind, string][] = [
    [socket('ECONNREFUSED'), 'unreachable', 'refused the connection'],
    [socket('ENOTFOUND'), 'unresolved', 'No address was found for 192.0.2.7'],
    [socket('EAI_AGAIN'), 'unresolved', 'No address was found'],
    [socket('EHOSTUNREACH'), 'unreachable', 'no route to'],
    [socket('ENETUNREACH'), 'unreachable', 'no route to'],
    [socket('ETIMEDOUT'), 'unreachable', 'did not answer.'],
    [socket('ECONNRESET'), 'unreachable', 'broke off'],
    [socket('ESOMETHING'), 'unreachable', 'connect ESOMETHING'],
    [{ message: 'odd', level: 'client-socket' }, 'unreachable', 'odd'],
    [
      { message: 'Handshake failed: no matching host key format', level: 'handshake' },
      'unreachable',
      'no host key format in common',
    ],
    [{ message: 'Too many authentication failures', code: 2 }, 'authentication', 'too many attempts'],
    [{ message: 'Go\u001b[31m away', code: 11 }, 'unreachable', 'ended the connection: Go [31m away'],
    [{ message: 'Connection lost before handshake', level: 'protocol' }, 'unreachable', 'before login'],
    [{ message: 'Invalid identification string' }, 'unreachable', 'not as an SSH server should'],
  ];
  it.each(cases)('with %o is told as %s: %s', (failure, kind, message) => {
    const error = connectError(failure, host);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
  });
});

describe('a connection that is lost', () => {
  it.each([
    [undefined, 'the other side closed it'],
    [{ message: 'Keepalive timeout', level: 'client-timeout' }, 'has not answered for 60 s'],
    [socket('ECONNRESET'), 'connect ECONNRESET'],
  ])('with %o tells how', (failure, how) => {
    expect(lossError(failure, 'root@hv1:22', 60_000)).toMatchObject({
      kind: 'lost',
      message: expect.stringContaining(how) as unknown,
    });
  });
});

describe('a channel that is refused', () => {
  it.each([
    ['(SSH) Channel open failure: open failed', 'channelRefused', 'opens no further session: open failed.'],
    ['(SSH) Channel open failure: administratively prohibited', 'channelRefused', 'administratively prohibited.'],
    [
      'Channel open failure: resource\u001b[31m shortage',
      'channelRefused',
      'no further session: resource [31m shortage.',
    ],
    ['Unable to exec', 'channel', 'does not run commands for this user'],
  ])('with %j is told in words', (message, kind, words) => {
    expect(channelError({ message }, 'root@hv1:22')).toMatchObject({
      kind,
      message: expect.stringContaining(words) as unknown,
    });
  });
});
