import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { longMs, Scene } from './scene.js';

/** libvirt takes all of these; none may act on a shell, virsh, the event stream, the page or an icon's syntax. */
const hostile = `<img src=x onerror=alert(1)> $(trash) "it's" $(touch own) 🚚`;
const bystanders = ['--all', `event 'lifecycle' for domain 'x': Stopped Migrated`];

describe('guests with hostile names', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
  });
  afterAll(async () => scene.close());

  it('are shown by their names in tree, status bar and panel, and one of them is migrated to its end, the others untouched', async () => {
    const { workbench, hosts, migrations, lab } = scene;
    const others = [];
    for (const name of bystanders) {
      others.push(await lab.startGuest('hv1', { name, load: 'idle', workingSetMiB: 8, memoryMiB: 128 }));
      await hosts.waitForItem(name, (item) => item.description.includes('running'), longMs);
    }
    const { guest, migrate, beat } = await scene.startStuck({ name: hostile, title: `<b>${'T'.repeat(10_240)}` });
    await hosts.waitForItem(hostile, (item) => item.description.includes('hv2'), longMs);
    const { text } = await workbench.statusBar.waitFor(/iteration \d+/);
    expect(text).toContain(hostile);

    const page = await scene.openPanel(guest);
    expect(await page.locator('#domain-name').innerText()).toBe(hostile);
    expect(await page.locator('#domain-title').innerText()).toMatch(/^<b>T+/);
    expect(await page.locator('img, #domain-title b').count()).toBe(0);

    await workbench.runCommand('Libvirt: Set Migration Max Downtime…');
    await workbench.quickInput.type('12 s');
    await workbench.quickInput.accept();
    expect(await migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    expect(await guest.untilBeatAfter('hv2', beat)).toBeGreaterThan(beat);
    expect((await migrations.items()).filter((item) => item.label.startsWith(hostile))).toHaveLength(1);
    for (const other of others) expect(await lab.host('hv1').stateOf(other.uuid)).toMatch(/^running/);
    for (const host of ['hv1', 'hv2'] as const) {
      const { stdout } = await lab.host(host).exec(['sh', '-c', 'ls -d own /own /root/own 2>/dev/null']);
      expect(stdout).toBe('');
    }
  });
});
