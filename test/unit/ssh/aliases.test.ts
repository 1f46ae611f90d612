import { describe, expect, it } from 'vitest';
import { readAliases } from '../../../src/ssh/aliases.js';
import type { ConfigFiles } from '../../../src/ssh/configFiles.js';
import type { SshEnvironment } from '../../../src/ssh/environment.js';
import { Home } from './home.js';

const linux: SshEnvironment = { platform: 'linux', env: { SITE: 'ams' }, homeDir: '/home/me', userName: 'me' };
const windows: SshEnvironment = {
  platform: 'win32',
  env: { ProgramData: 'D:\\Data' },
  homeDir: 'C:\\Users\\me',
  userName: 'me',
};

/** A disk that holds these files and no others. */
function disk(texts: Record<string, string>): ConfigFiles {
  return {
    readText: (path) => {
      const text = texts[path];
      return text === undefined ? Promise.reject(new Error(`${path} is not there`)) : Promise.resolve(text);
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

async function names(
  texts: Record<string, string>,
  environment: SshEnvironment = linux,
  configFile?: string,
): Promise<string[]> {
  return (await readAliases(environment, configFile, disk(texts))).map(({ name }) => name);
}

describe('the hosts that the ssh configuration offers', () => {
  it('are those it names, in its order and once each, then those of the system', async () => {
    const config = 'Host hv2 hv1\n  User root\nhost=hv3\nHost hv1\n  Port 2222\n';
    expect(await names({ '/home/me/.ssh/config': config, '/etc/ssh/ssh_config': 'Host jump\n' })).toEqual([
      'hv2',
      'hv1',
      'hv3',
      'jump',
    ]);
  });

  it('tell where they lead, as far as their own blocks say it', async () => {
    const config =
      'Host hv1\n  HostName 192.0.2.7 # in rack 4\nHost hv1 hv2\n  HostName %h.example.com\n  User "admin"\nHost *\n  User nobody\n';
    expect(await readAliases(linux, undefined, disk({ '/home/me/.ssh/config': config }))).toEqual([
      { name: 'hv1', hostName: '192.0.2.7', user: 'admin' },
      { name: 'hv2', hostName: 'hv2.example.com', user: 'admin' },
    ]);
  });

  it('are no patterns, and nothing that is not a destination', async () => {
    const config = 'Host *.example.com hv? !hv9 hv1 -oProxyCommand a@b c:22 "two words" $(reboot)\nMatch host hv8\n';
    expect(await names({ '/home/me/.ssh/config': config })).toEqual(['hv1']);
  });

  it.each([
    ['relative to ~/.ssh', 'Include extra', '/home/me/.ssh/extra'],
    ['from the home folder', 'Include ~/work/ssh.conf', '/home/me/work/ssh.conf'],
    ['by an absolute path', 'Include /srv/ssh.conf', '/srv/ssh.conf'],
    ['by a pattern', 'Include conf.d/*.conf', '/home/me/.ssh/conf.d/10-hv.conf'],
    ['by a pattern for folders', 'Include */ssh?[0-9].conf', '/home/me/.ssh/ams/ssh-1.conf'],
    ['by a variable', 'Include ${SITE}.conf', '/home/me/.ssh/ams.conf'],
    ['in quotes, among several', 'Include nothing "my hosts"', '/home/me/.ssh/my hosts'],
    ['inside a block', 'Host hv*\n  Include extra', '/home/me/.ssh/extra'],
  ])('are also those of included files: %s', async (_, line, path) => {
    expect(await names({ '/home/me/.ssh/config': `${line}\nHost last\n`, [path]: 'Host hv1\n' })).toContain('hv1');
  });

  it('are found through includes in includes, and a circle ends', async () => {
    const texts = {
      '/home/me/.ssh/config': 'Include a\nHost last\n',
      '/home/me/.ssh/a': 'Host a1\nInclude b\n',
      '/home/me/.ssh/b': 'Include config\nInclude a\nHost b1\n',
    };
    expect(await names(texts)).toEqual(['a1', 'b1', 'last']);
  });

  it('of hidden files and of other names are not those of a pattern', async () => {
    const texts = {
      '/home/me/.ssh/config': 'Include conf.d/*.conf\n',
      '/home/me/.ssh/conf.d/.old.conf': 'Host hidden\n',
      '/home/me/.ssh/conf.d/x.conf~': 'Host backup\n',
    };
    expect(await names(texts)).toEqual([]);
  });

  it('are fewer where a file is broken or missing, and never an error', async () => {
    const texts = {
      '/home/me/.ssh/config': '\ufeffInclude broken missing\nHost hv1\r\n  HostName a\r\n',
      '/home/me/.ssh/broken': 'Host "never closed\nHost x\n',
    };
    expect(await readAliases(linux, undefined, disk(texts))).toEqual([{ name: 'hv1', hostName: 'a', user: undefined }]);
    expect(await names({})).toEqual([]);
  });

  it('are those of the file in the settings alone, whose includes lie in ~/.ssh as for ssh -F', async () => {
    const texts = {
      '/home/me/.ssh/config': 'Host mine\n',
      '/etc/ssh/ssh_config': 'Host system\n',
      '/srv/ssh.conf': 'Host hv1\nInclude extra\n',
      '/home/me/.ssh/extra': 'Host hv2\n',
    };
    expect(await names(texts, linux, '/srv/ssh.conf')).toEqual(['hv1', 'hv2']);
  });

  it('are found on Windows, with its paths and without regard to case', async () => {
    const texts = {
      'C:\\Users\\me\\.ssh\\config': 'Include conf.d/HV*.CONF\r\nInclude E:\\ssh\\hosts\r\nHost hv1\r\n',
      'C:\\Users\\me\\.ssh\\conf.d\\hv2.conf': 'Host hv2\r\n',
      'E:\\ssh\\hosts': 'Host hv3\r\n',
      'D:\\Data\\ssh\\ssh_config': 'Host system\r\n',
    };
    expect(await names(texts, windows)).toEqual(['hv2', 'hv3', 'hv1', 'system']);
  });

  it('are read from the disk, a folder by the name of a file being none', async () => {
    const home = new Home();
    try {
      home.write(`${home.path}/.ssh/config`, 'Include *.conf\nInclude .\nHost hv1\n');
      home.write(`${home.path}/.ssh/x.conf`, 'Host hv2\n');
      const found = await readAliases(home.environment, `${home.path}/.ssh/config`);
      expect(found.map(({ name }) => name)).toEqual(['hv2', 'hv1']);
    } finally {
      home.remove();
    }
  });
});
