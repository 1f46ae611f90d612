import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Guest } from '../lab/lab.js';
import { longMs, Scene } from './scene.js';

/** Never ends by itself at the speed of `start`. */
const busy = { workingSetMiB: 104, memoryMiB: 256, rateMiBps: 60 } as const;
const args = (domain: string): object => ({
  host: 'hv1',
  domain,
  destination: 'hv2',
  options: { bandwidthMiBps: 10 },
  confirmed: true,
});
const keys = {
  goes: { key: 'ctrl+alt+1', command: 'libvirt.migrate', args: args('goes') },
  fails: { key: 'ctrl+alt+2', command: 'libvirt.migrate', args: args('fails') },
  orphan: { key: 'ctrl+alt+3', command: 'libvirt.migrate', args: args('orphan') },
};

describe('a migration that the extension started', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
    await scene.workbench.setKeybindings(Object.values(keys));
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  const source = (): ReturnType<Scene['lab']['host']> => scene.lab.host('hv1');

  /** Starts a guest, and its migration by a key; resolves once its memory goes out. */
  async function start(name: keyof typeof keys): Promise<Guest> {
    const { lab, workbench, hosts, migrations } = scene;
    const guest = await lab.startGuest('hv1', { name, ...busy });
    await guest.untilHot('hv1');
    await hosts.waitForItem(name, () => true, longMs);
    await workbench.page.keyboard.press(keys[name].key.replace('ctrl', 'Control').replace('alt', 'Alt'));
    await migrations.waitForItem(
      new RegExp(`^${name} → hv2`),
      ({ description }) => /iteration [1-9]/.test(description),
      longMs,
    );
    return guest;
  }

  /** What is left on the source of anything that was started: folders and processes. */
  async function leftOnSource(): Promise<string> {
    const { stdout } = await source().exec([
      'sh',
      '-c',
      // Written so that the shell that looks does not find itself.
      'ls -d /var/tmp/* 2>/dev/null; grep -l "libvirt-live-migratio[n]" /proc/[0-9]*/cmdline 2>/dev/null; pgrep -x virsh -a | grep " migrate "; :',
    ]);
    return stdout.trim();
  }
  const untilNothingIsLeft = (): Promise<unknown> =>
    scene.workbench.until('a clean host', async () => (await leftOnSource()) === '', longMs);

  it('goes on while its window is closed: its success, and its failure in libvirt’s words, are told by the next one', async () => {
    const { lab, workbench, migrations } = scene;
    const goes = await start('goes');
    const fails = await start('fails');
    await workbench.closeWindow();
    expect(await source().virsh(['domjobinfo', goes.uuid])).toMatch(/Unbounded/);
    await source().virsh(['migrate-setmaxdowntime', goes.uuid, '20000']);
    await lab.host('hv2').exec(['sh', '-c', 'kill -KILL "$(cat /run/libvirt/qemu/fails.pid)"']);
    await workbench.until(
      'the end of both',
      async () => (await source().exec(['pgrep', '-f', 'virsh.*migrate -[-]live'])).stdout === '',
      longMs,
    );
    await workbench.reopen();
    // Either may come first, and the good one does not stay for long.
    const [bad, good] = await Promise.all([
      workbench.notifications.waitFor(/fails/, longMs),
      workbench.notifications.waitFor(/goes/, longMs),
    ]);
    await workbench.openContainer('Libvirt');
    expect(bad.severity).toBe('error');
    expect(bad.text).toMatch(
      /^The migration of 'fails' from hv1 to hv2 failed: (?!error:)[^\n]{10,}\. The guest is on hv1, and nowhere else\.$/,
    );
    expect(good).toMatchObject({
      severity: 'info',
      text: "The migration of 'goes' from hv1 to hv2 is complete: it went on while this window was closed. The guest is on hv2, and nowhere else.",
    });
    await migrations.waitForItem(/^goes → hv2/, ({ description }) => description.startsWith('completed · '), longMs);
    await migrations.waitForItem(/^fails → hv2/, ({ description }) => description.startsWith('failed · '), longMs);
    // And its panel has libvirt's words, too.
    const reason = /failed: (.+?)\.? The guest is on/.exec(bad.text)?.[1] ?? 'no reason';
    const page = await scene.openPanel(fails);
    await page.locator('#sentence', { hasText: reason }).waitFor({ timeout: longMs });
    await untilNothingIsLeft();
    expect(await lab.host('hv2').stateOf(goes.uuid)).toBe('running (migrated)');
    expect(await lab.host('hv1').stateOf(fails.uuid)).toMatch(/^running/);
  });

  it('fails in libvirt’s words when the destination’s libvirtd is killed, its guest goes on, and the destination comes back', async () => {
    const { lab, workbench, hosts, migrations } = scene;
    const hv2 = lab.host('hv2');
    const orphan = await start('orphan');
    await hv2.exec(['sh', '-c', 'kill -KILL "$(cat /run/libvirtd.pid)"']);
    const { text } = await workbench.notifications.waitFor(/orphan/, longMs);
    expect(text).toMatch(/(socket is closed|[Ll]ost connection to destination|End of file)/);
    await migrations.waitForItem(/^orphan → hv2/, ({ description }) => description.startsWith('failed · '), longMs);
    const beat = (await orphan.lastBeat('hv1')) ?? 0;
    await orphan.untilBeatAfter('hv1', beat);
    expect(await lab.host('hv1').stateOf(orphan.uuid)).toMatch(/^running/);
    await hv2.exec(['libvirtd', '-d', '--listen']);
    await hosts.waitForItem('hv2', ({ description }) => description.startsWith('0 of 0 running'), longMs);
    await untilNothingIsLeft();
  });
});
