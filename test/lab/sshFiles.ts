import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientKey, hostFolder, hostPlans, knownHosts, sshConfig } from './layout.js';
import { must } from './run.js';

export async function makeKey(file: string, comment: string): Promise<void> {
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
}

/** What a user of the lab has: an ssh_config that knows both hosts, their keys, and a key of one's own. */
export async function writeSshFiles(): Promise<void> {
  const keys = await Promise.all(
    hostPlans.map(async ({ name, address }) => {
      const [type = '', key = ''] = (await readFile(join(hostFolder(name), 'host_key.pub'), 'utf8')).split(' ');
      return `${address} ${type} ${key}\n`;
    }),
  );
  await writeFile(knownHosts, keys.join(''));
  const hosts = hostPlans.map(({ name, address }) =>
    [
      `Host ${name}`,
      `  HostName ${address}`,
      '  User root',
      `  IdentityFile ${clientKey}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${knownHosts}`,
      '',
    ].join('\n'),
  );
  await writeFile(sshConfig, hosts.join('\n'));
}
