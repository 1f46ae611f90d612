import { describe, expect, it } from 'vitest';
import {
  challengeTexts,
  hostKeyText,
  passphraseText,
  passwordText,
  touchText,
} from '../../../src/views/promptTexts.js';

const hv1 = { name: 'hv1', destination: 'root@192.0.2.7' };
const login = { destination: 'root@192.0.2.7', user: 'root', host: '192.0.2.7', port: 22 };
const jump = { destination: 'bastion', user: 'ops', host: 'bastion.example.com', port: 2222 };
const key = { keyType: 'ssh-ed25519', fingerprint: 'SHA256:abc' };

describe('what is asked while a host is connected', () => {
  it('about its key tells host, port, type and fingerprint', () => {
    const { message, detail } = hostKeyText(hv1, { ...login, ...key });
    expect(message).toBe('The host key of hv1 is not known.');
    expect(detail).toMatch(/^Host: 192\.0\.2\.7, port 22\nKey type: ssh-ed25519\nFingerprint: SHA256:abc\n/);
    expect(detail).toMatch(/Nothing has been sent/);
  });

  it('about its key tells the address its name led to, where that says more than the name', () => {
    const named = { ...login, host: 'hv1.example.com' };
    expect(hostKeyText(hv1, { ...named, ...key, address: '192.0.2.7' }).detail).toMatch(
      /^Host: hv1\.example\.com \(192\.0\.2\.7\), port 22\n/,
    );
    expect(hostKeyText(hv1, { ...login, ...key, address: '192.0.2.7' }).detail).toMatch(
      /^Host: 192\.0\.2\.7, port 22\n/,
    );
  });

  it("about a jump host's key tells which one, and on the way to whom", () => {
    const { message, detail } = hostKeyText(hv1, { ...jump, ...key });
    expect(message).toBe('The host key of bastion, a jump host on the way to hv1, is not known.');
    expect(detail).toMatch(/^Host: bastion\.example\.com, port 2222\n/);
  });

  it('warns of a key of another type than the known ones', () => {
    expect(hostKeyText(hv1, { ...login, ...key, otherKnownTypes: ['ssh-rsa'] }).detail).toMatch(
      /keys of other types \(ssh-rsa\)/,
    );
  });

  it('for a password names the host and the address it goes to', () => {
    expect(passwordText(hv1, login, 1)).toEqual({
      title: 'hv1: Password',
      prompt: 'The password of root@192.0.2.7:22.',
    });
    expect(passwordText(hv1, jump, 2).prompt).toBe(
      'It was not accepted. The password of ops@bastion.example.com:2222, a jump host on the way to hv1.',
    );
    expect(passwordText(hv1, { ...login, port: 0 }, 1).prompt).toBe('The password of root@192.0.2.7.');
  });

  it('for a passphrase names the key and the host it is for', () => {
    expect(passphraseText(hv1, '/home/me/.ssh/id', 1)).toEqual({
      title: 'hv1: Passphrase of a Key',
      prompt: 'The key /home/me/.ssh/id is encrypted; Escape goes on without it.',
    });
    expect(passphraseText(hv1, '/k', 2).prompt).toMatch(/^That did not open it\. /);
  });

  it('for a touch of a security key names the host, and a jump host on the way to it', () => {
    expect(touchText(hv1, 'root@192.0.2.7')).toBe('Touch your security key for hv1.');
    expect(touchText(hv1, 'bastion')).toBe('Touch your security key for bastion, a jump host on the way to hv1.');
  });

  it('by a server with several questions is counted, and in its words', () => {
    const prompts = [
      { text: 'Password: ', echo: false },
      { text: 'Verification code: ', echo: true },
    ];
    expect(challengeTexts(hv1, { ...login, name: '', instruction: 'Two factors', prompts })).toEqual([
      { title: 'hv1: Login (1 of 2)', prompt: 'root@192.0.2.7:22 asks: Two factors · Password:' },
      { title: 'hv1: Login (2 of 2)', prompt: 'root@192.0.2.7:22 asks: Two factors · Verification code:' },
    ]);
  });

  it('can neither hide who asks nor begin a line of its own', () => {
    const text = 'x\n\nHost: trusted\u202e\u001b[31m';
    const [only] = challengeTexts(hv1, { ...login, name: text, instruction: '', prompts: [{ text, echo: false }] });
    expect(only?.prompt).toMatch(/^root@192\.0\.2\.7:22 asks: x Host: trusted\\u202e\\u001b\[31m/);
    expect(hostKeyText(hv1, { ...login, ...key, keyType: text }).detail.split('\n')).toHaveLength(5);
  });
});
