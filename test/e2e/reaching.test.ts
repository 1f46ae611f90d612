import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../lab/lab.js';
import { setOwnLink } from '../lab/network.js';
import type { Tree } from '../editor/parts/tree.js';
import { figure, longMs, Scene } from './scene.js';

interface Fault {
  readonly begin: (hv1: LabHost) => Promise<unknown>;
  readonly end: (hv1: LabHost) => Promise<unknown>;
}

const sshdKilled: Fault = {
  begin: (hv1) => hv1.exec(['pkill', '-KILL', '-x', 'sshd']),
  end: (hv1) => hv1.exec(['/usr/sbin/sshd', '-f', `${hv1.folder}/sshd_config`, '-E', `${hv1.folder}/sshd.log`]),
};
const linkDown: Fault = { begin: () => setOwnLink('down'), end: () => setOwnLink('up') };

describe.each([
  ['sshd is killed', 'ssh2', sshdKilled],
  ['link goes down', 'openssh', linkDown],
] as const)('a host whose %s in the middle of a stuck migration, by %s', (_what, transport, fault) => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open({ settings: { 'libvirt.ssh.transport': transport } });
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  it('says when it was last seen, is back by itself, and the same migration goes on, with a gap where nobody watched', async () => {
    const { workbench, hosts, lab } = scene;
    const { guest, migrate, beat } = await scene.startStuck({ name: 'cut-off' });
    const page = await scene.openPanel(guest);
    await workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    const hv1 = lab.host('hv1');

    await fault.begin(hv1);
    await hosts.waitForItem('hv1', (item) => /reconnecting, last seen \d+ s ago/.test(item.description), longMs);
    // It is seen no more; it still migrates.
    expect(await hv1.virsh(['domjobinfo', guest.uuid])).toContain('Unbounded');
    const samples = Number(await page.locator('#charts').getAttribute('data-samples'));

    await workbench.until('a gap worth the name', () => hostIsLostFor(hosts, 8), longMs);
    await fault.end(hv1);
    await hosts.waitForItem('hv1', (item) => /\d of \d running/.test(item.description), longMs);
    await workbench.until(
      'a new reading',
      async () => Number(await page.locator('#charts').getAttribute('data-samples')) > samples,
      longMs,
    );
    expect(await page.locator('#charts').getAttribute('data-gaps')).toBe('1');
    expect(await workbench.quickInput.current()).toBeUndefined();
    expect(await workbench.dialog.current()).toBeUndefined();
    expect((await scene.migrations.items()).filter((item) => item.label.includes('cut-off'))).toHaveLength(1);

    await workbench.runCommand('Libvirt: Set Migration Max Downtime…');
    await workbench.quickInput.type('12000');
    await workbench.quickInput.accept();
    expect(await migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await guest.untilBeatAfter('hv2', beat)).toBeGreaterThan(beat);
  });
});

/** Whether hv1's row says that it was last seen so long ago. */
async function hostIsLostFor(hosts: Tree, seconds: number): Promise<boolean> {
  const row = (await hosts.items()).find(({ label }) => label === 'hv1');
  return Number(/last seen (\d+) s ago/.exec(row?.description ?? '')?.[1] ?? 0) >= seconds;
}
