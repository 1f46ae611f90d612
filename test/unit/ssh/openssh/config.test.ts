import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../../src/ssh/destination.js';
import type { SshEnvironment } from '../../../../src/ssh/environment.js';
import type { Hop } from '../../../../src/ssh/hops.js';
import { masterArguments, opensshConfig, singleArguments } from '../../../../src/ssh/openssh/config.js';
import { shortTemporaryFolder } from '../../../../src/ssh/openssh/folder.js';
import { canShareConnection } from '../../../../src/ssh/openssh/transport.js';
import { askpassScript } from '../../../../src/ssh/openssh/askpassProgram.js';
import { resolvedHostOf } from '../../../../src/ssh/resolvedHost.js';

const environmentOn = (platform: NodeJS.Platform): SshEnvironment => ({
  platform,
  env: platform === 'win32' ? { ProgramData: 'D:\\Data' } : {},
  homeDir: platform === 'win32' ? 'C:\\Users\\me' : '/home/me',
  userName: 'me',
});

function hopOf(text: string, keywords: Record<string, string[]> = {}): Hop {
  const destination = parseDestination(text);
  return {
    destination,
    host: resolvedHostOf(new Map(Object.entries(keywords)), destination, environmentOn('linux')),
  };
}

function configOf(options: Partial<Parameters<typeof opensshConfig>[0]> = {}): string[] {
  return opensshConfig({
    hops: [hopOf('hv1')],
    environment: environmentOn('linux'),
    configFile: undefined,
    acceptedKeysFile: undefined,
    canAsk: true,
    ...options,
  }).split('\n');
}

describe("the configuration of the system's ssh", () => {
  it('asks about unknown keys whatever the configuration of the user says, which comes after it', () => {
    const lines = configOf();
    expect(lines).toContain('StrictHostKeyChecking ask');
    expect(lines.indexOf('StrictHostKeyChecking ask')).toBeLessThan(lines.indexOf('Include ~/.ssh/config'));
    expect(lines.indexOf('Include ~/.ssh/config')).toBeLessThan(lines.indexOf('ServerAliveInterval 15'));
  });

  it('lets a stricter one stand, for each host on the way', () => {
    const strict = hopOf('bastion', { stricthostkeychecking: ['true'] });
    const lines = configOf({ hops: [strict, hopOf('hv1', { stricthostkeychecking: ['false'] })] });
    expect(lines.slice(0, 4)).toEqual(['Host bastion', 'LogLevel VERBOSE', 'StrictHostKeyChecking yes', 'Host hv1']);
    expect(lines.filter((line) => line === 'StrictHostKeyChecking yes')).toHaveLength(1);
  });

  it('forwards nothing, runs nothing of its own and shares nothing with the user’s other ssh', () => {
    expect(configOf()).toEqual(
      expect.arrayContaining([
        'ClearAllForwardings yes',
        'ForwardAgent no',
        'PermitLocalCommand no',
        'ControlPath none',
        'UpdateHostKeys no',
        'VerifyHostKeyDNS no',
      ]),
    );
  });

  it('tries a known password once where nobody can be asked', () => {
    expect(configOf({ canAsk: true })).not.toContain('NumberOfPasswordPrompts 1');
    expect(configOf({ canAsk: false })).toEqual(
      expect.arrayContaining(['NumberOfPasswordPrompts 1', 'KbdInteractiveAuthentication no']),
    );
  });

  it("has accepted keys go to the extension's own file, where that is wished", () => {
    const hop = hopOf('hv1', { userknownhostsfile: ['/home/me/.ssh/known_hosts'] });
    expect(configOf({ hops: [hop], acceptedKeysFile: '/var/100%/keys' })).toContain(
      'UserKnownHostsFile "/var/100%%/keys" "/home/me/.ssh/known_hosts"',
    );
  });

  it.each([
    ['linux', undefined, ['Include ~/.ssh/config', 'Include "/etc/ssh/ssh_config"']],
    ['darwin', undefined, ['Include ~/.ssh/config', 'Include "/etc/ssh/ssh_config"']],
    ['win32', undefined, ['Include ~/.ssh/config', 'Include "D:/Data/ssh/ssh_config"']],
    ['linux', '/my files/[a]*', ['Include "/my files/[[]a][*]"']],
    ['win32', 'C:\\my files\\config', ['Include "C:/my files/config"']],
  ] as const)('reads on %s, where %s is set, what ssh would', (platform, configFile, lines) => {
    const all = configOf({ environment: environmentOn(platform), configFile });
    expect(all.filter((line) => line.startsWith('Include'))).toEqual(lines);
  });
});

describe("the system's ssh", () => {
  it('is given a destination so that it can be nothing else', () => {
    const { destination } = hopOf('admin@hv1:2222');
    expect(masterArguments(destination, '/f/config', '/f/c')).toEqual(
      '-F /f/config -M -S /f/c -N -T -l admin -p 2222 -- hv1'.split(' '),
    );
    expect(singleArguments(destination, '/f/config', '/f/log', 'virsh -q')).toEqual([
      ...'-F /f/config -E /f/log -o LogLevel=VERBOSE -T -l admin -p 2222 -- hv1'.split(' '),
      'virsh -q',
    ]);
  });

  it.each([
    ['linux', true],
    ['darwin', true],
    ['win32', false],
  ] as const)('on %s shares a connection: %s', (platform, shares) => {
    expect(canShareConnection(platform)).toBe(shares);
  });

  it.each([
    ['/tmp', '/tmp'],
    ['/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T', '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T'],
    ['/Users/me/a very long folder', '/tmp'],
    [`/${'x'.repeat(80)}`, '/tmp'],
  ])('has its socket below %s in %s, where its path is short enough and needs no quotes', (folder, used) => {
    expect(shortTemporaryFolder(folder)).toBe(used);
  });

  it('asks by a script that runs with the node of the editor', () => {
    expect(askpassScript("/opt/it's/code", '/f/a.cjs', 'darwin')).toEqual({
      name: 'askpass',
      text: `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec '/opt/it'\\''s/code' '/f/a.cjs' "$@"\n`,
    });
    expect(askpassScript('C:\\code.exe', 'C:\\f\\a.cjs', 'win32')).toEqual({
      name: 'askpass.cmd',
      text: '@echo off\r\nset ELECTRON_RUN_AS_NODE=1\r\n"C:\\code.exe" "C:\\f\\a.cjs" %*\r\n',
    });
  });
});
