import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tree } from '../editor/parts/tree.js';
import { Workbench } from '../editor/workbench.js';
import type { ExtraSshd } from '../lab/host.js';
import { Lab } from '../lab/lab.js';
import { longMs } from './scene.js';

const passphrase = 'let me in, please';
const wrong = 'not that one at all';
const port = 2222;

/** A host of the lab as one meets it that one has never been on, with a key of one's own that is encrypted. */
describe('a host that nobody has vouched for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'libvirt-trust-'));
  const knownHosts = join(folder, 'known_hosts');
  const config = join(folder, 'config');
  let lab: Lab;
  let workbench: Workbench;
  let hosts: Tree;
  let sshd: ExtraSshd;

  const makeKey = (name: string, secret = ''): string => {
    const file = join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', secret, '-C', name, '-f', file]);
    return file;
  };
  const fingerprintOf = (key: string): string =>
    execFileSync('ssh-keygen', ['-lf', `${key}.pub`], { encoding: 'utf8' }).split(' ')[1] ?? '';

  beforeAll(async () => {
    const key = makeKey('id_locked', passphrase);
    lab = await Lab.up();
    const hv1 = lab.host('hv1');
    const authorized = join(hv1.folder, 'authorized_keys');
    writeFileSync(authorized, readFileSync(authorized, 'utf8') + readFileSync(`${key}.pub`, 'utf8'));
    sshd = await hv1.startSshd(port);
    writeFileSync(
      config,
      [
        'Host stranger',
        `  HostName ${hv1.address}`,
        `  Port ${port}`,
        '  User root',
        `  IdentityFile ${key}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${knownHosts}`,
        // Whoever has this must still be asked.
        '  StrictHostKeyChecking no',
        '',
      ].join('\n'),
    );
    workbench = await Workbench.open({
      settings: {
        'libvirt.hosts': [{ name: 'stranger', destination: 'stranger' }],
        'libvirt.ssh.configFile': config,
        'libvirt.autoConnect': 'all',
      },
    });
    await workbench.openContainer('Libvirt');
    hosts = workbench.tree('Hosts');
  });
  afterAll(async () => {
    await workbench.close();
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is refused without a word when the window connects it by itself', async () => {
    const row = await hosts.waitForItem('stranger', (item) => item.description.includes('is not known'), longMs);
    expect(row.description).toContain(fingerprintOf(join(lab.host('hv1').folder, 'host_key')));
    expect(await workbench.dialog.current()).toBeUndefined();
    expect(await workbench.quickInput.current()).toBeUndefined();
  });

  it('is shown by its fingerprint to who connects it, and a no is a no', async () => {
    await connect();
    const question = await workbench.dialog.waitFor(/stranger/, longMs);
    expect(question.message).toBe('The host key of stranger is not known.');
    expect(question.detail).toContain(fingerprintOf(join(lab.host('hv1').folder, 'host_key')));
    expect(question.detail).toContain(`Host: ${lab.host('hv1').address}, port ${port}`);
    await workbench.dialog.click('Cancel');
    await hosts.waitForItem('stranger', (item) => item.description.includes('is not known'), longMs);
    expect(existsSync(knownHosts)).toBe(false);
    // Who says no need not be told so.
    expect(await workbench.notifications.all()).toEqual([]);
  });

  it('is known from then on once it is trusted, and the passphrase is asked until it is right', async () => {
    await connect();
    await workbench.dialog.waitFor(/stranger/, longMs);
    await workbench.dialog.click('Trust and Connect');
    const first = await workbench.quickInput.waitFor(
      'a passphrase',
      ({ title }) => title.includes('Passphrase'),
      longMs,
    );
    expect(first.message).toContain('id_locked is encrypted');
    await workbench.quickInput.type(wrong);
    await workbench.quickInput.accept();
    await workbench.quickInput.waitFor('it again', ({ message }) => message.includes('did not open it'), longMs);
    await workbench.quickInput.type(passphrase);
    await workbench.quickInput.accept();
    await hosts.waitForItem('stranger', (item) => /\d of \d running/.test(item.description), longMs);
    const key = readFileSync(join(lab.host('hv1').folder, 'host_key.pub'), 'utf8').split(' ')[1] ?? '';
    expect(readFileSync(knownHosts, 'utf8')).toBe(`[${lab.host('hv1').address}]:${port} ssh-ed25519 ${key}\n`);
  });

  it('is connected again without a question, in the same window', async () => {
    await hosts.pickFromMenu('stranger', 'Disconnect Host');
    await hosts.waitForItem('stranger', (item) => item.description === 'not connected', longMs);
    await connect();
    await hosts.waitForItem('stranger', (item) => /\d of \d running/.test(item.description), longMs);
    expect(await workbench.dialog.current()).toBeUndefined();
  });

  it('is refused when it shows another key, until its old one is forgotten', async () => {
    const other = makeKey('other_host_key');
    await hosts.pickFromMenu('stranger', 'Disconnect Host');
    await hosts.waitForItem('stranger', (item) => item.description === 'not connected', longMs);
    await sshd.stop();
    sshd = await lab.host('hv1').startSshd(port, [`HostKey ${other}`]);

    await connect();
    const row = await hosts.waitForItem('stranger', (item) => item.description.includes('is not the one in'), longMs);
    expect(row.description).toContain(`${knownHosts} line 1`);
    expect(await workbench.dialog.current()).toBeUndefined();
    await workbench.notifications.clear();

    await hosts.pickFromMenu('stranger', 'Forget Host Key…');
    const forget = await workbench.dialog.waitFor(/key/, longMs);
    await workbench.dialog.click(forget.buttons.find((button) => button.startsWith('Forget')) ?? '');
    const question = await workbench.dialog.waitFor(/is not known/, longMs);
    expect(question.detail).toContain(fingerprintOf(other));
    await workbench.dialog.click('Trust and Connect');
    await hosts.waitForItem('stranger', (item) => /\d of \d running/.test(item.description), longMs);
    expect(readFileSync(knownHosts, 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('leaves no secret behind in what the extension writes down', async () => {
    const log = await workbench.output.text('Libvirt');
    expect(log).toContain('[stranger] Connected to root@');
    expect(log).not.toContain(passphrase);
  });

  it('leaves no secret behind in any file of the editor', async () => {
    // What is searched is where the editor writes.
    expect(await workbench.filesWith('libvirt.ssh.configFile')).not.toEqual([]);
    expect(await workbench.filesWith('[stranger] Connected to root@')).not.toEqual([]);
    expect(await workbench.filesWith(passphrase)).toEqual([]);
    expect(await workbench.filesWith(wrong)).toEqual([]);
  });

  function connect(): Promise<void> {
    return hosts.pickFromMenu('stranger', 'Connect Host');
  }
});
