import { chmodSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAbout, knownHostsLine } from '../../../src/ssh/knownHosts.js';
import { KnownHostsFiles } from '../../../src/ssh/knownHostsFile.js';
import { Home } from './home.js';
import { blobOf, ed25519 } from './recordingServer.js';

const line = (name: string): string => knownHostsLine(name, 'ssh-ed25519', blobOf(ed25519()), false);
let home: Home;
let files: KnownHostsFiles;
beforeEach(() => {
  home = new Home();
  files = new KnownHostsFiles();
});
afterEach(() => home.remove());

describe('an accepted key', () => {
  it('is written to a file and a folder that are made for it, private', async () => {
    await files.append(home.knownHosts, line('hv1'));
    expect(statSync(join(home.path, '.ssh')).mode & 0o777).toBe(0o700);
    expect(statSync(home.knownHosts).mode & 0o777).toBe(0o600);
    expect(home.readKnownHosts()).toMatch(/^hv1 ssh-ed25519 \S+\n$/);
  });

  it('goes on a line of its own, and the file keeps its mode and all it had', async () => {
    home.write(home.knownHosts, '# mine\nnot ended by a newline');
    chmodSync(home.knownHosts, 0o644);
    const added = line('hv1');
    await files.append(home.knownHosts, added);
    expect(home.readKnownHosts()).toBe(`# mine\nnot ended by a newline\n${added}`);
    expect(statSync(home.knownHosts).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(home.path, '.ssh'))).toEqual(['known_hosts']);
  });

  it('beside others accepted at the same time is not lost', async () => {
    const hosts = Array.from({ length: 20 }, (_, index) => `hv${index}`);
    await Promise.all(hosts.map((name) => files.append(home.knownHosts, line(name))));
    const entries = await files.read([home.knownHosts]);
    expect(hosts.every((name) => entries.some((entry) => isAbout(entry, name)))).toBe(true);
  });

  it('goes behind a link, which stays one', async () => {
    home.write(join(home.path, 'real'), '');
    symlinkSync(join(home.path, 'real'), home.knownHosts);
    const added = line('hv1');
    await files.append(home.knownHosts, added);
    expect(home.readKnownHosts()).toBe(added);
    expect(readdirSync(home.path).sort()).toEqual(['.ssh', 'real']);
  });

  it('leaves /dev/null what it is, however it is reached', async () => {
    const link = join(home.path, 'nothing');
    symlinkSync('/dev/null', link);
    await files.append('/dev/null', line('hv1'));
    await files.append(link, line('hv1'));
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(await files.read(['/dev/null', link])).toEqual([]);
  });

  it('does not stop the next from being written when it fails', async () => {
    home.write(join(home.path, 'file'), '');
    await expect(files.append(join(home.path, 'file', 'under'), line('hv1'))).rejects.toThrow();
    await files.append(home.knownHosts, line('hv2'));
    expect(home.readKnownHosts()).toContain('hv2');
  });
});

describe('reading known hosts', () => {
  it('leaves out files that do not exist', async () => {
    expect(await files.read([join(home.path, 'none'), home.knownHosts])).toEqual([]);
  });

  it('fails for a file that is there and can not be read: it may hold a refusal', async () => {
    await expect(files.read([home.path])).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
  });
});

describe('the old key of a host that was installed anew', () => {
  const oldKey = blobOf(ed25519());
  const line = (names: string): string => knownHostsLine(names, 'ssh-ed25519', oldKey, false);
  const name = '[hv1]:2222';

  it.each([
    ['alone', line(name), '', 1],
    ['in any case', line('[HV1]:2222'), '', 1],
    ['among others', line(`hv1,${name},192.0.2.7`), line('hv1,192.0.2.7'), 1],
    ['among strange names', line(`$&,${name}`), line('$&'), 1],
    ['twice', `${line(name)}# mine\n${line(name)}`, '# mine\n', 2],
    ['beside other hosts', `${line('hv1')}${line(name)}${line('hv2')}`, `${line('hv1')}${line('hv2')}`, 1],
    ['under a hashed name', knownHostsLine(name, 'ssh-ed25519', blobOf(ed25519()), true), '', 1],
  ])('%s is removed, and nothing else', async (_, before, after, removed) => {
    home.write(home.knownHosts, before);
    chmodSync(home.knownHosts, 0o640);
    expect(await files.forget(home.knownHosts, name)).toBe(removed);
    expect(home.readKnownHosts()).toBe(after);
    expect(statSync(home.knownHosts).mode & 0o777).toBe(0o640);
  });

  it.each([
    ['a pattern of many hosts', line('*')],
    ['what was revoked', `@revoked ${line(name)}`],
    ['an authority', `@cert-authority ${line(name)}`],
    ['another host', line('hv1')],
  ])('is not %s, which stays', async (_, text) => {
    home.write(home.knownHosts, text);
    await expect(files.forget(home.knownHosts, name)).rejects.toThrow('no line there is about this host alone');
    expect(home.readKnownHosts()).toBe(text);
  });
});
