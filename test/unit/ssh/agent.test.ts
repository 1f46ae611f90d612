import { describe, expect, it } from 'vitest';
import { chooseAgent } from '../../../src/ssh/agent.js';

const pipe = '\\\\.\\pipe\\openssh-ssh-agent';

describe('the agent', () => {
  const cases: [string | undefined, NodeJS.Platform, Record<string, string>, string | undefined][] = [
    [undefined, 'linux', {}, undefined],
    [undefined, 'linux', { SSH_AUTH_SOCK: '' }, undefined],
    [undefined, 'linux', { SSH_AUTH_SOCK: '/run/agent' }, '/run/agent'],
    [undefined, 'darwin', { SSH_AUTH_SOCK: '/tmp/launch/Listeners' }, '/tmp/launch/Listeners'],
    [undefined, 'win32', {}, pipe],
    [undefined, 'win32', { SSH_AUTH_SOCK: '\\\\.\\pipe\\other' }, '\\\\.\\pipe\\other'],
    ['none', 'linux', { SSH_AUTH_SOCK: '/run/agent' }, undefined],
    ['none', 'win32', {}, undefined],
    ['SSH_AUTH_SOCK', 'linux', { SSH_AUTH_SOCK: '/run/agent' }, '/run/agent'],
    ['SSH_AUTH_SOCK', 'win32', {}, undefined],
    ['$MY_AGENT', 'linux', { SSH_AUTH_SOCK: '/run/agent', MY_AGENT: '/mine' }, '/mine'],
    ['${MY_AGENT}', 'darwin', { MY_AGENT: '/mine' }, '/mine'],
    ['$MY_AGENT', 'linux', { SSH_AUTH_SOCK: '/run/agent' }, undefined],
    ['/home/me/.1password/agent.sock', 'linux', { SSH_AUTH_SOCK: '/run/agent' }, '/home/me/.1password/agent.sock'],
    ['\\\\.\\pipe\\pageant.me', 'win32', {}, '\\\\.\\pipe\\pageant.me'],
    ['pageant', 'win32', {}, 'pageant'],
    ['pageant', 'linux', {}, undefined],
  ];
  it.each(cases)('for IdentityAgent %s on %s with %o is %s', (configured, platform, env, chosen) => {
    expect(chooseAgent(configured, { platform, env, homeDir: '/home/me', userName: 'me' })).toBe(chosen);
  });
});
