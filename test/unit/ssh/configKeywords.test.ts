import { describe, expect, it } from 'vitest';
import type { ConfigFiles } from '../../../src/ssh/configFiles.js';
import { configKeywords } from '../../../src/ssh/configKeywords.js';
import { judgeMatch } from '../../../src/ssh/configMatch.js';
import { parseDestination } from '../../../src/ssh/destination.js';
import type { SshEnvironment } from '../../../src/ssh/environment.js';

const linux: SshEnvironment = { platform: 'linux', env: { SITE: 'ams' }, homeDir: '/home/me', userName: 'me' };
const windows: SshEnvironment = {
  platform: 'win32',
  env: { ProgramData: 'D:\\Data' },
  homeDir: 'C:\\Users\\me',
  userName: 'me',
};
const user = '/home/me/.ssh/config';
const system = '/etc/ssh/ssh_config';

/** A disk that holds these files and no others. A text of null is one that may not be read. */
function disk(texts: Record<string, string | null>): ConfigFiles {
  const failure = (code: string): Error => Object.assign(new Error(code), { code });
  return {
    readText: (path) => {
      const text = texts[path];
      if (text === undefined) return Promise.reject(failure('ENOENT'));
      return text === null ? Promise.reject(failure('EACCES')) : Promise.resolve(text);
    },
    list: (folder) => {
      const separator = folder.includes('\\') ? '\\' : '/';
      const inside = Object.keys(texts).filter((path) => path.startsWith(folder + separator));
      return Promise.resolve([
        ...new Set(inside.map((path) => path.slice(folder.length + 1).split(separator)[0] ?? '')),
      ]);
    },
  };
}

async function said(
  texts: Record<string, string | null>,
  destination = 'hv1',
  options: Partial<Parameters<typeof configKeywords>[1]> = {},
): Promise<Record<string, readonly string[]>> {
  const all = { environment: linux, configFile: undefined, ...options };
  return Object.fromEntries(await configKeywords(parseDestination(destination), all, disk(texts)));
}

describe('a configuration that is read without ssh', () => {
  it.each<[string, Record<string, string>, Record<string, string[]>]>([
    [
      "the user's first, then the system's, of which the first value counts",
      { [user]: 'Host hv1\n  Port 2222\n', [system]: 'Host *\n  Port 22\n  ProxyJump gate\n' },
      { port: ['2222'], proxyjump: ['gate'] },
    ],
    [
      'key files of all of it, once each, in their order',
      { [user]: 'IdentityFile ~/a\nIdentityFile "~/b c"\n', [system]: 'IdentityFile ~/a\nIdentityFile ~/d\n' },
      { identityfile: ['~/a', '~/b c', '~/d'] },
    ],
    [
      'what the user includes, by pattern from ~/.ssh, in the order of names',
      {
        [user]: 'Include conf.d/*.conf\nHost hv1\n  Port 1\n',
        '/home/me/.ssh/conf.d/b.conf': 'Host hv1\n  Port 3\n  User late\n',
        '/home/me/.ssh/conf.d/a.conf': 'Host hv*\n  Port 2\n',
        '/home/me/.ssh/conf.d/c.txt': 'User other\n',
      },
      { port: ['2'], user: ['late'] },
    ],
    [
      'what the system includes, from its own folder',
      { [system]: 'Include ssh_config.d/*.conf\n', '/etc/ssh/ssh_config.d/x.conf': 'StrictHostKeyChecking yes\n' },
      { stricthostkeychecking: ['yes'] },
    ],
    [
      'several files of one Include, with ~, variables and quotes, and none where they are missing',
      {
        [user]: 'Include missing ~/own "/srv/a b" /srv/${SITE}\n',
        '/home/me/own': 'Port 7\n',
        '/srv/a b': 'User quoted\n',
        '/srv/ams': 'ConnectTimeout 9\n',
      },
      { port: ['7'], user: ['quoted'], connecttimeout: ['9'] },
    ],
    [
      'what an included file includes',
      { [user]: 'Include a\n', '/home/me/.ssh/a': 'Include b\n', '/home/me/.ssh/b': 'Host hv1\n  Port 5\n' },
      { port: ['5'] },
    ],
    [
      'an Include in a block of the host, whose own blocks end with it',
      {
        [user]: 'Host hv1\n  Include inner\n  User after\nHost other\n  Include wrong\n',
        '/home/me/.ssh/inner': 'Port 6\nHost hv2\n  Port 9\n',
        '/home/me/.ssh/wrong': 'Host hv1\n  ConnectTimeout 1\n',
      },
      { port: ['6'], user: ['after'] },
    ],
    ['a negated pattern', { [user]: 'Host hv* !hv1\n  Port 1\nHost hv? !hv2\n  Port 2\n' }, { port: ['2'] }],
    ['CRLF and a mark at the beginning', { [user]: '\ufeffHost hv1\r\n  Port 5\r\n' }, { port: ['5'] }],
    [
      'a command as it is written',
      { [user]: 'ProxyCommand ssh -W "[%h]:%p" gate\n' },
      { proxycommand: ['ssh -W "[%h]:%p" gate'] },
    ],
    [
      'a ProxyCommand or a ProxyJump, whichever is first',
      { [user]: 'ProxyJump gate\nProxyCommand nc %h %p\n' },
      { proxyjump: ['gate'] },
    ],
    [
      'a Match on the name that HostName gives',
      {
        [user]:
          'HostName %h.example.org\nMatch host *.example.org\n  Port 4\nMatch originalhost *.example.org\n  User no\n',
      },
      { hostname: ['%h.example.org'], port: ['4'] },
    ],
    [
      'a final Match, once all else is read',
      { [user]: 'Match final host 192.0.2.*\n  Port 4\nHost hv1\n  HostName 192.0.2.7\n' },
      { hostname: ['192.0.2.7'], port: ['4'] },
    ],
    [
      'no Match that only ssh can judge, where another of its criteria fails',
      { [user]: 'Match host hv2 exec "true"\n  Port 4\nMatch exec "true" user root\n  Port 5\n' },
      {},
    ],
    ['a Match by tag', { [user]: 'Host hv1\n  Tag lab\nMatch tagged lab\n  Port 8\n' }, { tag: ['lab'], port: ['8'] }],
  ])('follows %s', async (_, texts, expected) => {
    expect(await said(texts)).toEqual(expected);
  });

  it("finds the system's on Windows", async () => {
    const texts = {
      'C:\\Users\\me\\.ssh\\config': 'Include more\\*\n',
      'C:\\Users\\me\\.ssh\\more\\x': 'Host hv1\n  Port 2222\n',
      'D:\\Data\\ssh\\ssh_config': 'ProxyJump gate\n',
    };
    expect(await said(texts, 'hv1', { environment: windows })).toEqual({ port: ['2222'], proxyjump: ['gate'] });
  });

  it('is the one that was named, alone, and gives way to who has named the way', async () => {
    const texts = {
      '/tmp/own': 'Include more\nProxyJump gate\n',
      '/home/me/.ssh/more': 'Port 3\n',
      [user]: 'User x\n',
    };
    expect(await said(texts, 'hv1', { configFile: '/tmp/own' })).toEqual({ port: ['3'], proxyjump: ['gate'] });
    expect(await said(texts, 'hv1', { configFile: '/tmp/own', wayBy: 'others' })).toMatchObject({
      proxyjump: ['none'],
    });
    await expect(said({}, 'hv1', { configFile: '/tmp/own' })).rejects.toThrow("/tmp/own can't be read");
    expect(await said({})).toEqual({});
  });

  it.each<[string, Record<string, string | null>, string]>([
    ['may not be read', { [user]: null }, `${user} can't be read`],
    ["is the system's and may not be read", { [system]: null }, `${system} can't be read`],
    ['includes one that may not be read', { [user]: 'Include a\n', '/home/me/.ssh/a': null }, "a can't be read"],
    ['includes itself', { [user]: 'Include config\n' }, 'is included too deep'],
    ['has a Match that runs a command', { [user]: 'Match exec "true"\n  Port 4\n' }, 'only ssh can tell'],
    [
      'has a Match on what is not known here',
      { [user]: 'Match localnetwork 10.0.0.0/8\n  Port 4\n' },
      '(localnetwork)',
    ],
    ['looks names up', { [user]: 'CanonicalizeHostname yes\nCanonicalDomains example.org\n' }, 'only ssh looks up'],
  ])('that %s is an error in words', async (_, texts, words) => {
    await expect(said(texts)).rejects.toMatchObject({
      kind: 'unresolved',
      message: expect.stringContaining(words) as unknown,
      advice: expect.stringContaining('install an OpenSSH client') as unknown,
    });
  });
});

describe('a Match', () => {
  const subject = {
    original: 'hv1',
    hostName: 'hv1.example.org',
    user: 'root',
    localUser: 'me',
    tag: '',
    isFinal: false,
  };
  it.each([
    ['all', true],
    ['host hv1.*', true],
    ['Host=HV1.example.org', true],
    ['!host hv1.*', false],
    ['host *,!hv1.*', false],
    ['originalhost hv1,hv2 user root', true],
    ['originalhost hv1 user me', false],
    ['user Root', false],
    ['localuser me', true],
    ['tagged lab', false],
    ['!tagged lab', true],
    ['final', false],
    ['!final', true],
    ['canonical', false],
    ['exec true', { onlySsh: 'exec' }],
    ['exec true host hv2', false],
    ['nonsense x', { onlySsh: 'nonsense' }],
  ])('%s is judged %j', (words, verdict) => {
    expect(judgeMatch(words.split(' '), subject)).toEqual(verdict);
  });

  it('is read again in the end', () => {
    expect(judgeMatch(['final'], { ...subject, isFinal: true })).toBe(true);
    expect(judgeMatch(['canonical'], { ...subject, isFinal: true })).toBe(true);
  });
});
