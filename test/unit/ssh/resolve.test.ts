import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/ssh/destination.js';
import type { SshEnvironment } from '../../../src/ssh/environment.js';
import { splitPaths } from '../../../src/ssh/expand.js';
import { resolveDestination, sshArguments } from '../../../src/ssh/resolve.js';
import { parseKeywords, type ResolvedHost, resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import { Home } from './home.js';

const linux: SshEnvironment = { platform: 'linux', env: {}, homeDir: '/home/me', userName: 'me' };
const mac: SshEnvironment = { ...linux, platform: 'darwin', homeDir: '/Users/me' };
const windows: SshEnvironment = {
  platform: 'win32',
  env: { ProgramData: 'D:\\Data' },
  homeDir: 'C:\\Users\\John Doe',
  userName: 'John Doe',
};
const never = new AbortController().signal;

const resolved = (printed: string, typed = 'hv1', environment = linux): ResolvedHost =>
  resolvedHostOf(parseKeywords(printed), parseDestination(typed), environment);

describe('what ssh -G prints', () => {
  it('decides where and as whom', () => {
    expect(resolved('user root\nhostname 192.0.2.7\nport 2222\n')).toMatchObject({
      hostName: '192.0.2.7',
      port: 2222,
      user: 'root',
    });
  });

  it('gives way to a user and a port that were typed', () => {
    expect(resolved('user root\nport 2222\n', 'me2@hv1:23')).toMatchObject({ port: 23, user: 'me2' });
  });

  it('says nothing: the usual files, user and port', () => {
    expect(resolved('')).toEqual({
      destination: 'hv1',
      hostName: 'hv1',
      port: 22,
      user: 'me',
      addressFamily: 'any',
      identityFiles: ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'].map(
        (name) => `/home/me/.ssh/${name}`,
      ),
      identitiesOnly: false,
      identityAgent: undefined,
      userKnownHostsFiles: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2'],
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      hashKnownHosts: false,
      hostKeyAlias: undefined,
      strictHostKeyChecking: 'ask',
      checkHostIp: false,
      requiredRsaBits: 1024,
      proxyJump: undefined,
      proxyCommand: undefined,
      proxyUseFdpass: false,
      connectTimeoutMs: undefined,
      serverAliveIntervalMs: undefined,
      serverAliveCountMax: undefined,
      bindAddress: undefined,
      bindInterface: undefined,
      algorithms: {},
      authentication: {
        preferred: undefined,
        publicKey: true,
        keyboardInteractive: true,
        password: true,
        gssapi: false,
        passwordPrompts: 3,
      },
      certificateFiles: [],
      revokedHostKeys: undefined,
      knownHostsCommand: undefined,
      pkcs11Provider: undefined,
      refuseConnection: undefined,
    });
  });

  const strictness: [string, ResolvedHost['strictHostKeyChecking']][] = [
    ['true', 'yes'],
    ['yes', 'yes'],
    ['false', 'no'],
    ['no', 'no'],
    ['off', 'no'],
    ['accept-new', 'accept-new'],
    ['ask', 'ask'],
    ['something new', 'ask'],
  ];
  it.each(strictness)('stricthostkeychecking %s means %s', (printed, meant) => {
    expect(resolved(`stricthostkeychecking ${printed}`).strictHostKeyChecking).toBe(meant);
  });

  const one: [string, Partial<ResolvedHost>][] = [
    ['connecttimeout 7', { connectTimeoutMs: 7000 }],
    ['connecttimeout none', { connectTimeoutMs: undefined }],
    ['connecttimeout 1m30s', { connectTimeoutMs: 90_000 }],
    ['connecttimeout 2h5', { connectTimeoutMs: 7_205_000 }],
    ['connecttimeout soon', { connectTimeoutMs: undefined }],
    ['serveraliveinterval 30\nserveralivecountmax 5', { serverAliveIntervalMs: 30_000, serverAliveCountMax: 5 }],
    [
      'serveraliveinterval 0\nserveralivecountmax 5',
      { serverAliveIntervalMs: undefined, serverAliveCountMax: undefined },
    ],
    ['requiredrsasize 3072', { requiredRsaBits: 3072 }],
    ['checkhostip yes', { checkHostIp: true }],
    ['refuseconnection Use the other one.', { refuseConnection: 'Use the other one.' }],
    ['bindaddress 192.0.2.1', { bindAddress: '192.0.2.1' }],
    ['bindinterface eth1', { bindInterface: 'eth1' }],
    [
      'certificatefile ~/a b-cert.pub\ncertificatefile %d/c',
      { certificateFiles: ['/home/me/a b-cert.pub', '/home/me/c'] },
    ],
    ['certificatefile none', { certificateFiles: [] }],
    ['revokedhostkeys none', { revokedHostKeys: undefined }],
    ['revokedhostkeys /etc/ssh/revoked', { revokedHostKeys: '/etc/ssh/revoked' }],
    ['knownhostscommand /usr/bin/known %H', { knownHostsCommand: '/usr/bin/known %H' }],
    ['pkcs11provider /usr/lib/p11.so', { pkcs11Provider: '/usr/lib/p11.so' }],
    ['addressfamily inet6', { addressFamily: 'inet6' }],
    ['hostkeyalias pool', { hostKeyAlias: 'pool' }],
    ['hashknownhosts yes', { hashKnownHosts: true }],
    ['identitiesonly yes', { identitiesOnly: true }],
    ['identityagent none', { identityAgent: 'none' }],
    ['identityagent SSH_AUTH_SOCK', { identityAgent: 'SSH_AUTH_SOCK' }],
    ['identityagent $MY_AGENT', { identityAgent: '$MY_AGENT' }],
    ['identityagent ~/agent', { identityAgent: '/home/me/agent' }],
    ['proxyjump bob@b:22', { proxyJump: 'bob@b:22' }],
    ['proxyjump none', { proxyJump: undefined }],
    ['proxycommand nc %h %p', { proxyCommand: 'nc %h %p' }],
    ['userknownhostsfile none', { userKnownHostsFiles: [] }],
    ['userknownhostsfile /dev/null', { userKnownHostsFiles: ['/dev/null'] }],
    ['userknownhostsfile /home/a b/k /home/c', { userKnownHostsFiles: ['/home/a b/k', '/home/c'] }],
    [
      'identityfile ~/.ssh/a b\nidentityfile %d/.ssh/%h_%p_%r_%n_%u_%%',
      { identityFiles: ['/home/me/.ssh/a b', '/home/me/.ssh/hv1_22_me_hv1_me_%'] },
    ],
    ['port nonsense', { port: 22 }],
  ];
  it.each(one)('%j is followed', (printed, expected) => {
    expect(resolved(printed)).toMatchObject(expected);
  });

  it('lists the algorithms', () => {
    const printed = 'kexalgorithms a,b\nhostkeyalgorithms c\nciphers d\nmacs e\npubkeyacceptedalgorithms f';
    const lists = { kex: 'a,b', hostKeys: 'c', ciphers: 'd', macs: 'e', publicKeys: 'f' };
    expect(resolved(printed).algorithms).toEqual(lists);
    expect(resolved('pubkeyacceptedkeytypes old').algorithms.publicKeys).toBe('old');
  });

  const ways: [string, Partial<ResolvedHost['authentication']>][] = [
    ['preferredauthentications password,publickey', { preferred: ['password', 'publickey'] }],
    ['pubkeyauthentication true', { publicKey: true }],
    ['pubkeyauthentication host-bound', { publicKey: true }],
    ['pubkeyauthentication false', { publicKey: false }],
    ['passwordauthentication no', { password: false }],
    ['kbdinteractiveauthentication no', { keyboardInteractive: false }],
    ['challengeresponseauthentication no', { keyboardInteractive: false }],
    ['gssapiauthentication yes', { gssapi: true }],
    ['numberofpasswordprompts 1', { passwordPrompts: 1 }],
  ];
  it.each(ways)('%j decides how the user logs in', (printed, expected) => {
    expect(resolved(printed).authentication).toMatchObject(expected);
  });

  it('is read with Windows line ends, folders and names with spaces', () => {
    const printed = [
      'identityfile ~/.ssh/id_rsa',
      'globalknownhostsfile __PROGRAMDATA__\\ssh/ssh_known_hosts __PROGRAMDATA__\\ssh/ssh_known_hosts2',
      'userknownhostsfile C:\\Users\\John Doe/.ssh/known_hosts C:\\Users\\John Doe/.ssh/known_hosts2',
    ].join('\r\n');
    expect(resolved(printed, 'hv1', windows)).toMatchObject({
      identityFiles: ['C:\\Users\\John Doe/.ssh/id_rsa'],
      globalKnownHostsFiles: ['D:\\Data\\ssh/ssh_known_hosts', 'D:\\Data\\ssh/ssh_known_hosts2'],
      userKnownHostsFiles: ['C:\\Users\\John Doe/.ssh/known_hosts', 'C:\\Users\\John Doe/.ssh/known_hosts2'],
    });
  });

  it('may leave variables to be filled in, and keeps those that are not set', () => {
    const environment = { ...mac, env: { KEYS: '/keys' } };
    expect(resolved('identityfile ${KEYS}/a\nidentityfile ${NONE}/b', 'hv1', environment).identityFiles).toEqual([
      '/keys/a',
      '${NONE}/b',
    ]);
  });
});

describe('the system-wide known hosts, where nothing is configured,', () => {
  it.each([
    [linux, '/etc/ssh/ssh_known_hosts'],
    [mac, '/etc/ssh/ssh_known_hosts'],
    [windows, 'D:\\Data\\ssh\\ssh_known_hosts'],
  ])('are where %o has them', (environment, file) => {
    expect(resolved('', 'hv1', environment).globalKnownHostsFiles[0]).toBe(file);
  });
});

it('a list of paths with spaces is split where a path begins', () => {
  expect(splitPaths('~/a b c ${X}/d %d/e C:\\f g')).toEqual(['~/a b c', '${X}/d', '%d/e', 'C:\\f g']);
});

it('ssh gets user and port as options and nothing after -- can be one', () => {
  expect(sshArguments(parseDestination('root@hv1:23'), '/c')).toEqual([
    '-G',
    '-F',
    '/c',
    '-l',
    'root',
    '-p',
    '23',
    '--',
    'hv1',
  ]);
  expect(sshArguments(parseDestination('hv1'), undefined)).toEqual(['-G', '--', 'hv1']);
  expect(sshArguments(parseDestination('hv1'), undefined, 'others')).toEqual([
    '-G',
    '-o',
    'ProxyJump=none',
    '--',
    'hv1',
  ]);
});

describe('a configuration', () => {
  const config = [
    'Host hv*',
    '  HostName %h.example.org',
    '  User root',
    '  Port 2222',
    '  IdentityFile ~/.ssh/one',
    '  IdentityFile "~/.ssh/t wo"',
    '  StrictHostKeyChecking yes',
    '  UserKnownHostsFile ~/a ~/b',
    'Host *',
    '  User nobody',
    '  ConnectTimeout 9',
    '',
  ].join('\n');
  const expected = (home: string): Partial<ResolvedHost> => ({
    hostName: 'hv1.example.org',
    user: 'root',
    port: 2222,
    identityFiles: [`${home}/.ssh/one`, `${home}/.ssh/t wo`],
    strictHostKeyChecking: 'yes',
    userKnownHostsFiles: [`${home}/a`, `${home}/b`],
    connectTimeoutMs: 9000,
  });
  let home: Home;
  beforeEach(() => {
    home = new Home();
    home.write(join(home.path, '.ssh', 'config'), config);
  });
  afterEach(() => home.remove());

  it('is found in the home folder where there is no ssh', async () => {
    const options = { environment: home.environment, sshCommand: 'no-such-ssh', configFile: undefined };
    const host = await resolveDestination(parseDestination('hv1'), options, never);
    expect(host).toMatchObject(expected(home.path));
  });

  it('that is missing leaves what was typed, where there is no ssh', async () => {
    home.remove();
    const options = { environment: home.environment, sshCommand: 'no-such-ssh', configFile: undefined };
    const host = await resolveDestination(parseDestination('root@hv1'), options, never);
    expect(host).toMatchObject({ hostName: 'hv1', user: 'root', port: 22 });
    const named = { ...options, configFile: join(home.path, 'none') };
    await expect(resolveDestination(parseDestination('hv1'), named, never)).rejects.toMatchObject({
      kind: 'unresolved',
      message: expect.stringContaining("none can't be read") as unknown,
    });
  });

  it('is read by ssh itself, where there is one, and typed parts win', async () => {
    const options = {
      environment: { ...home.environment, env: process.env },
      sshCommand: 'ssh',
      configFile: join(home.path, '.ssh', 'config'),
    };
    const host = await resolveDestination(parseDestination('me2@hv1:23'), options, never);
    expect(host).toMatchObject({
      hostName: 'hv1.example.org',
      user: 'me2',
      port: 23,
      strictHostKeyChecking: 'yes',
      connectTimeoutMs: 9000,
    });
    expect(host.identityFiles).toEqual(expected(home.path).identityFiles);
  });

  it('that is broken is an error in the words of ssh', async () => {
    home.write(join(home.path, 'broken'), 'Nonsense yes\n');
    const options = {
      environment: { ...home.environment, env: process.env },
      sshCommand: 'ssh',
      configFile: join(home.path, 'broken'),
    };
    await expect(resolveDestination(parseDestination('hv1'), options, never)).rejects.toMatchObject({
      kind: 'unresolved',
      message: expect.stringContaining('Bad configuration option: nonsense') as unknown,
    });
  });

  it('is not waited for when the user cancels', async () => {
    const options = { environment: home.environment, sshCommand: 'ssh', configFile: undefined };
    await expect(resolveDestination(parseDestination('hv1'), options, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
