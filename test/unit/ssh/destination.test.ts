import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/ssh/destination.js';
import { SshError } from '../../../src/ssh/types.js';

type Expected = [host: string, user?: string | undefined, port?: number | undefined, uri?: string | undefined];

describe('a destination', () => {
  const good: [string, Expected][] = [
    ['hv17', ['hv17']],
    ['  hv17\n', ['hv17']],
    ['hv_17.example.org', ['hv_17.example.org']],
    ['hv17:2222', ['hv17', undefined, 2222]],
    ['root@hv17', ['hv17', 'root']],
    ['root@hv17:65535', ['hv17', 'root', 65535]],
    ['first.last@corp@hv17', ['hv17', 'first.last@corp']],
    ['CORP\\me@hv17', ['hv17', 'CORP\\me']],
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::7', ['2001:db8::7']],
    ['root@2001:db8::7', ['2001:db8::7', 'root']],
    ['[2001:db8::7]:22', ['2001:db8::7', undefined, 22]],
    ['root@[2001:db8::7]', ['2001:db8::7', 'root']],
    ['fe80::1%eth0', ['fe80::1%eth0']],
    ['ssh://root@hv17:2222', ['hv17', 'root', 2222]],
    ['ssh://hv17/', ['hv17']],
    ['SSH://[2001:db8::7]:22', ['2001:db8::7', undefined, 22]],
    ['qemu+ssh://root@hv17/system', ['hv17', 'root', undefined, 'qemu:///system']],
    ['qemu+ssh://me@hv17:2222/session', ['hv17', 'me', 2222, 'qemu:///session']],
    ['qemu+ssh://hv17', ['hv17']],
    ['qemu+ssh://hv17/', ['hv17']],
    ['qemu+libssh2://hv17/system', ['hv17', undefined, undefined, 'qemu:///system']],
    ['qemu+libssh://hv17/system', ['hv17', undefined, undefined, 'qemu:///system']],
    ['qemu+ssh://me%40corp@hv17/system', ['hv17', 'me@corp', undefined, 'qemu:///system']],
    ['qemu+ssh://[fe80::1%25eth0]/system', ['fe80::1%eth0', undefined, undefined, 'qemu:///system']],
  ];
  it.each(good)('%j is understood', (text, [host, user, port, uri]) => {
    expect(parseDestination(text)).toEqual({ text: text.trim(), host, user, port, uri, notes: [] });
  });

  it('pasted as a libvirt URI with parameters says which are not used, and never turns checks off', () => {
    const { notes } = parseDestination('qemu+ssh://root@hv17/system?keyfile=/k&no_verify=1');
    expect(notes).toEqual([
      expect.stringContaining('"keyfile" of the URI is not used'),
      expect.stringContaining('"no_verify" of the URI is not used'),
    ]);
  });

  const bad: [string, string][] = [
    ['', 'empty'],
    ['   ', 'empty'],
    ['-oProxyCommand=reboot', 'begins with a dash'],
    ['  -hv17', 'begins with a dash'],
    ['root@-hv17', 'begins with a dash'],
    ['-lroot@hv17', 'begins with a dash'],
    ['ssh://-oProxyCommand=reboot', 'begins with a dash'],
    ['ssh://%2Dhv17', 'begins with a dash'],
    ['ssh://%2Droot@hv17', 'begins with a dash'],
    ['qemu+ssh://-hv17/system', 'begins with a dash'],
    ['hv17 -l root', 'spaces'],
    ['hv17\nhv18', 'control characters'],
    ['hv\u001b[31m17', 'control characters'],
    ['hv\u202e17', 'control characters'],
    ['ssh://hv%0a17', 'hides'],
    ['hv17;reboot', 'characters'],
    ['hv$(reboot)', 'characters'],
    ['hv`reboot`', 'characters'],
    ['hv|cat', 'characters'],
    ["hv'17", 'characters'],
    ['*', 'characters'],
    ['hv17,hv18', 'characters'],
    ['hv17/system', 'characters'],
    ['$USER@hv17', 'characters'],
    ['root\\@hv17', 'characters'],
    ['@hv17', 'no user'],
    ['root@', 'names no host'],
    [':22', 'names no host'],
    ['hv17:', 'port'],
    ['hv17:0', 'port'],
    ['hv17:65536', 'port'],
    ['hv17:ssh', 'port'],
    ['hv17:-1', 'port'],
    ['[2001:db8::7]:', 'port'],
    ['[hv17]:22', 'brackets'],
    ['hv17:22:22', 'colons'],
    ['root:secret@hv17', 'no password'],
    ['qemu:///system', 'not reached over SSH'],
    ['qemu+tls://hv17/system', 'not reached over SSH'],
    ['http://hv17', 'not reached over SSH'],
    ['qemu+ssh:///system', 'names no host'],
    ['qemu+ssh://hv17/embed', 'only /system and /session'],
    ['ssh://hv%ff', 'escapes'],
  ];
  it.each(bad)('%j is refused', (text, why) => {
    const parse = (): unknown => parseDestination(text);
    expect(parse).toThrow(SshError);
    expect(parse).toThrow(why);
    expect(parse).toThrow(expect.objectContaining({ kind: 'badDestination' }) as Error);
  });

  it('with a password does not have it repeated in the message', () => {
    expect(() => parseDestination('root:secret@hv17')).not.toThrow('secret');
  });
});
