import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run, type RunResult } from './run.js';
import { Sshd } from './sshd.js';
import { makeKey } from './sshFiles.js';

describe('an sshd of the lab', () => {
  let server: Sshd | undefined;
  afterEach(async () => server?.dispose());

  it('lets its authorized key in, counts connections, and comes back after a crash', async () => {
    server = await Sshd.start();
    const key = join(server.folder, 'user_key');
    const knownHosts = join(server.folder, 'known_hosts');
    await makeKey(key, 'user');
    writeFileSync(join(server.folder, 'authorized_keys'), readFileSync(`${key}.pub`));
    writeFileSync(knownHosts, server.hostKeyLine());
    const { port } = server;
    const ssh = (): Promise<RunResult> =>
      run(
        ['ssh', '-F', 'none', '-i', key, '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'BatchMode=yes'].concat([
          '-p',
          String(port),
          'root@127.0.0.1',
          'echo here',
        ]),
      );
    expect(await ssh()).toMatchObject({ stdout: 'here\n', code: 0 });
    await server.kill();
    expect(await ssh()).toMatchObject({ code: 255 });
    await server.restart();
    expect(await ssh()).toMatchObject({ stdout: 'here\n', code: 0 });
    expect(server.connections()).toBe(2);
  });
});
