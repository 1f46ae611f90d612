import { describe, expect, it } from 'vitest';
import { parseAskpassPrompt } from '../../../../src/ssh/openssh/askpassPrompt.js';

const fingerprint = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

const unknownKey = (name: string, question: string, between = ''): string =>
  `The authenticity of host '${name} (192.0.2.7)' can't be established.\n` +
  `ED25519 key fingerprint is ${fingerprint}.\n${between}` +
  `Are you sure you want to continue connecting (${question})? `;

describe('what ssh asks', () => {
  it.each([
    [
      'for an unknown key, since 8.0',
      unknownKey('hv1', 'yes/no/[fingerprint]', 'This key is not known by any other names.\n'),
      { kind: 'hostKey', name: 'hv1', keyType: 'ssh-ed25519', fingerprint },
    ],
    [
      'for an unknown key, before 8.0, on another port',
      unknownKey('[hv1]:2222', 'yes/no'),
      { kind: 'hostKey', name: '[hv1]:2222', keyType: 'ssh-ed25519', fingerprint },
    ],
    [
      'for an unknown key, since 10.0, whose fingerprint has a colon before it',
      unknownKey('hv1', 'yes/no/[fingerprint]').replace('is SHA256', 'is: SHA256'),
      { kind: 'hostKey', name: 'hv1', keyType: 'ssh-ed25519', fingerprint },
    ],
    [
      'for a passphrase',
      "Enter passphrase for key '/home/me/.ssh/my keys/id_rsa': ",
      { kind: 'passphrase', keyFile: '/home/me/.ssh/my keys/id_rsa' },
    ],
    ['for a password', "root@192.0.2.7's password: ", { kind: 'password', user: 'root', host: '192.0.2.7' }],
    [
      "for a server's prompt, since 8.5",
      '(root@hv1) Verification code: ',
      { kind: 'challenge', user: 'root', host: 'hv1', text: 'Verification code: ' },
    ],
    ['for a PIN', 'Enter PIN for ED25519-SK key /home/me/.ssh/id: ', { kind: 'pin' }],
  ])('%s is understood', (_, prompt, question) => {
    expect(parseAskpassPrompt(prompt, '')).toMatchObject(question);
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['[192.0.2.7]:2222', '192.0.2.7'],
    ['[2001:db8::7]:2222', '2001:db8::7'],
    ['<no hostip for proxy command>', undefined],
  ])('about a key tells where its name led: (%s)', (where, address) => {
    const prompt = unknownKey('hv1', 'yes/no').replace('(192.0.2.7)', `(${where})`);
    expect(parseAskpassPrompt(prompt, '')).toMatchObject({ kind: 'hostKey', address });
  });

  it('to touch a device needs no answer', () => {
    const prompt = 'Confirm user presence for key ED25519-SK SHA256:abc';
    expect(parseAskpassPrompt(prompt, 'none')).toEqual({ kind: 'touch', text: prompt });
    expect(parseAskpassPrompt(prompt, '')).toEqual({ kind: 'touch', text: prompt });
  });

  it.each([
    ['a request for permission', 'Allow use of key /home/me/.ssh/id?', 'confirm'],
    ['a prompt of an old ssh that a server may have written', 'Password: ', ''],
    ['nothing', '', ''],
  ])('is not guessed at: %s', (_, prompt, hint) => {
    expect(parseAskpassPrompt(prompt, hint)).toEqual({ kind: 'unknown', text: prompt });
  });

  it.each([
    ['a passphrase', "(me@evil) Enter passphrase for key '/home/me/.ssh/id': "],
    ['the password of another host', "(me@evil) root@bank's password: "],
    ['a yes', `(me@evil) ${unknownKey('bank', 'yes/no')}`],
  ])("in a server's words is never taken for ssh's own question for %s", (_, prompt) => {
    expect(parseAskpassPrompt(prompt, '')).toMatchObject({ kind: 'challenge', user: 'me', host: 'evil' });
  });
});
