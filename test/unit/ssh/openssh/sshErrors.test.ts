import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../../src/ssh/destination.js';
import {
  hostsPassed,
  isRefusedAtTheEnd,
  lossFrom,
  loginError,
  revokedKey,
  withCertificateFault,
  withPlace,
} from '../../../../src/ssh/openssh/sshErrors.js';
import { resolvedHostOf } from '../../../../src/ssh/resolvedHost.js';
import { SshError } from '../../../../src/ssh/types.js';

const environment = { platform: 'linux', env: {}, homeDir: '/home/me', userName: 'me' } as const;
const host = resolvedHostOf(new Map([['hostname', ['192.0.2.7']]]), parseDestination('root@hv1:2299'), environment);

const changed = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:PvgFYmgSw4iGJISYu4Ey5vNduGZxxSECx/wv3LmnYz0.
Please contact your system administrator.
Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/me/.ssh/known_hosts:3
  remove with:
  ssh-keygen -f "/home/me/.ssh/known_hosts" -R "[192.0.2.7]:2299"
Host key for [192.0.2.7]:2299 has changed and you have requested strict checking.
Host key verification failed.
`;

const revoked = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@       WARNING: REVOKED HOST KEY DETECTED!               @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The ED25519 host key for [192.0.2.7]:2299 is marked as revoked.
This could mean that a stolen key is being used to
impersonate this host.
ED25519 host key for [192.0.2.7]:2299 was revoked and you have requested strict checking.
Host key verification failed.
`;

// What OpenSSH 9.2 says, word for word.
describe("what the system's ssh says when it does not log in", () => {
  it.each([
    [changed, 'hostKeyChanged', 'is not the one in /home/me/.ssh/known_hosts line 3'],
    [revoked, 'hostKeyRevoked', 'was revoked in your known_hosts'],
    [
      'Host key ED25519 SHA256:x revoked by file /etc/ssh/revoked\nHost key verification failed.\n',
      'hostKeyRevoked',
      'was revoked in /etc/ssh/revoked (RevokedHostKeys)',
    ],
    ['Bad server host key: Invalid key length\n', 'hostKeyUnknown', 'has fewer than 1024 bits (RequiredRSASize)'],
    ['Host key verification failed.\n', 'hostKeyUnknown', 'was not accepted'],
    [
      'root@192.0.2.7: Permission denied (publickey,password,keyboard-interactive).\n',
      'authentication',
      'did not let you in; it takes publickey, password, keyboard-interactive.',
    ],
    [
      'Received disconnect from 192.0.2.7 port 2299:2: Too many authentication failures\n' +
        'Disconnected from 192.0.2.7 port 2299\n',
      'authentication',
      'gave up after too many attempts',
    ],
    ['ssh: connect to host 192.0.2.7 port 2299: Connection refused\n', 'unreachable', 'refused the connection'],
    ['ssh: connect to host 192.0.2.7 port 2299: No route to host\n', 'unreachable', 'There is no route'],
    ['ssh: connect to host 192.0.2.7 port 2299: Connection timed out\n', 'unreachable', 'did not answer'],
    [
      'ssh: connect to host 192.0.2.1 port 22: Connection refused\n' +
        'kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n',
      'unreachable',
      "is reached through 192.0.2.1 port 22, which can't be reached: Connection refused.",
    ],
    [
      'ssh: Could not resolve hostname no.such.invalid: Name or service not known\n',
      'unresolved',
      'No address was found for no.such.invalid.',
    ],
    [
      'Unable to negotiate with 192.0.2.7 port 2299: no matching cipher found. Their offer: aes128-ctr,aes192-ctr\n',
      'unreachable',
      'have no cipher in common',
    ],
    [
      'kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.7 port 2299\n',
      'unreachable',
      'closed the connection before login was done',
    ],
    [
      'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.7 port 2299\n',
      'unreachable',
      'broke off the connection',
    ],
    [
      'Connection timed out during banner exchange\nConnection to 192.0.2.7 port 2299 timed out\n',
      'unreachable',
      'did not answer',
    ],
    [
      'Bad packet length 2054847098.\n' +
        'ssh_dispatch_run_fatal: Connection to 192.0.2.7 port 2299: message authentication code incorrect\n',
      'unreachable',
      'not as an SSH server should',
    ],
    [
      'no way\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n',
      'unreachable',
      "can't be reached: no way.",
    ],
    ['', 'unreachable', 'closed the connection'],
  ])('is told in the words of the tree: %j', (words, kind, message) => {
    expect(loginError(words, host)).toMatchObject({ kind, message: expect.stringContaining(message) as unknown });
  });

  it('names the line that disagrees, for the button that forgets it', () => {
    expect(loginError(changed, host)).toMatchObject({
      message: expect.stringContaining('SHA256:PvgFYmgSw4iGJISYu4Ey5vNduGZxxSECx/wv3LmnYz0') as unknown,
      hostKey: { name: '[192.0.2.7]:2299', file: '/home/me/.ssh/known_hosts', line: 3 },
    });
  });

  it('names the key that was revoked, for its line to be found', () => {
    expect(revokedKey(revoked)).toEqual({ name: '[192.0.2.7]:2299', type: 'ED25519' });
    const place = { file: '/home/me/.ssh/known_hosts', line: 7 };
    expect(withPlace(loginError(revoked, host), place).message).toContain(
      'was revoked in /home/me/.ssh/known_hosts line 7:',
    );
  });

  it('tells which key was left out and why', () => {
    const words =
      'Permissions 0644 for \'/home/me/.ssh/id\' are too open.\nLoad key "/home/me/.ssh/id": bad permissions\n' +
      'root@192.0.2.7: Permission denied (publickey).\n';
    expect(loginError(words, host).advice).toContain('Load key "/home/me/.ssh/id": bad permissions');
  });

  it('is cleaned of what a server may have put into it', () => {
    const { message } = loginError('\u001b[31mgo away\u202e\u0007\n', host);
    expect(message).toContain('go away');
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('what the ssh of a host on the way tells beside', () => {
  const passed =
    'Authenticated to 192.0.2.1 ([192.0.2.1]:22) using "password".\r\n' +
    'Authenticated to 192.0.2.2 (via proxy) using "publickey".\r\n';

  it('is how many hosts have let the user in', () => {
    expect(hostsPassed(`${passed}channel 0: open failed: connect failed: Connection refused\r\n`)).toBe(2);
    expect(hostsPassed('root@192.0.2.7: Permission denied (password).\r\n')).toBe(0);
  });

  it('is not taken for what went wrong', () => {
    expect(loginError(`${passed}no way\r\n`, host).message).toContain("can't be reached: no way.");
    expect(loginError(passed, host).message).toContain('closed the connection');
    const end =
      'Connection to 192.0.2.7 closed by remote host.\r\nTransferred: sent 1, received 2 bytes, in 3.0 seconds\r\nBytes per second: sent 1.0, received 1.0\r\n';
    expect(lossFrom(end, 'root@192.0.2.7:2299', 1).message).toContain('the other side closed it');
  });
});

describe("what the system's ssh says when it loses a connection", () => {
  it.each([
    ['Timeout, server 192.0.2.7 not responding.\r\n', 'it has not answered for 45 s'],
    ['Connection to 192.0.2.7 closed by remote host.\r\n', 'the other side closed it'],
    ['', 'the other side closed it'],
    ['client_loop: send disconnect: Broken pipe\r\n', 'client_loop: send disconnect: Broken pipe'],
  ])('%j is told in words', (words, message) => {
    expect(lossFrom(words, 'root@192.0.2.7:2299', 45_000)).toMatchObject({
      kind: 'lost',
      message: `The connection to root@192.0.2.7:2299 was lost: ${message}.`,
    });
  });
});

it('a certificate that ssh did not take is told with the key that it then did not know', () => {
  const unknown = new SshError('hostKeyUnknown', 'Unknown host key.', 'Look at it.', { byUser: true });
  const words = 'Certificate invalid: expired\r\n';
  expect(withCertificateFault(unknown, words)).toMatchObject({
    message: 'Unknown host key. Its certificate is not valid: expired.',
    advice: 'Look at it.',
    byUser: true,
  });
  expect(withCertificateFault(unknown, 'Host key verification failed.\r\n')).toBe(unknown);
  const other = new SshError('authentication', 'No.');
  expect(withCertificateFault(other, words)).toBe(other);
});

it.each([
  ['root@192.0.2.7: Permission denied (publickey,password).\r\n', true],
  [
    'me@192.0.2.1: Permission denied (publickey).\r\nkex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n',
    false,
  ],
  // Before OpenSSH 8.0.
  [
    'me@192.0.2.1: Permission denied (publickey).\r\nssh_exchange_identification: Connection closed by remote host\r\n',
    false,
  ],
  ['Permission denied, please try again.\r\nReceived disconnect from 192.0.2.7 port 22:2: Too many\r\n', false],
])('%j tells whether it was the host itself that refused, not one on the way: %s', (words, isTheEnd) => {
  expect(isRefusedAtTheEnd(words)).toBe(isTheEnd);
});
