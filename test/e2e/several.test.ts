import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figure, longMs, Scene } from './scene.js';

describe('migrations of every kind', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  it('two at once, in both directions: each is shown once, the status bar counts them, and a click offers both', async () => {
    const { workbench, migrations, lab } = scene;
    const there = await scene.startStuck({ name: 'there', memoryMiB: 384, workingSetMiB: 104 }, { bandwidthMiBps: 8 });
    const back = await scene.startStuck(
      { name: 'back', memoryMiB: 384, workingSetMiB: 104 },
      { from: 'hv2', to: 'hv1', bandwidthMiBps: 8 },
    );
    await migrations.waitForItem('there → hv2', (item) => item.description.includes('iteration'), longMs);
    await migrations.waitForItem('back → hv1', (item) => item.description.includes('iteration'), longMs);
    await workbench.statusBar.waitFor(/2 migrations/);
    await workbench.statusBar.click(/2 migrations/);
    await workbench.quickInput.pick(/back/);
    await workbench.editors.waitForTab(/back/);
    const page = workbench.editors.webview();
    await page.locator('#source', { hasText: 'hv2' }).waitFor();

    // The other's abort leaves this one alone.
    await lab.host('hv1').virsh(['domjobabort', there.guest.uuid]);
    // Nobody here aborted it: that it was an abort is known only if a reading met the job in its last moment.
    await migrations.waitForItem(/^there/, (item) => /ended without completing|aborted/.test(item.description), longMs);
    expect(await lab.host('hv1').stateOf(there.guest.uuid)).toMatch(/^running/);
    await lab.host('hv2').virsh(['migrate-setspeed', back.guest.uuid, '2000']);
    await lab.host('hv2').virsh(['migrate-setmaxdowntime', back.guest.uuid, '5000']);
    expect(await back.migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await lab.host('hv1').stateOf(back.guest.uuid)).toBe('running (migrated)');
  });

  it('one that converges by itself ends with its real figures, and needs nobody', async () => {
    const { guest, migrate } = await scene.startStuck(
      { name: 'cool', memoryMiB: 256, load: 'idle', workingSetMiB: 64 },
      { bandwidthMiBps: 20 },
    );
    const page = await scene.openPanel(guest);
    expect(await migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    const sentence = await page.locator('#sentence').innerText();
    expect(sentence).toMatch(/The migration to hv2 is complete: it took .+ stopped the guest for \d+ ms/);
  });

  it("one whose destination's QEMU is killed ends without completing, and the guest goes on at its source", async () => {
    const { guest, migrate, beat } = await scene.startStuck({ name: 'killed' });
    const page = await scene.openPanel(guest);
    await scene.workbench.until('memory', async () => Number(await figure(page, 'Iteration')) >= 1, longMs);
    await scene.lab.host('hv2').exec(['pkill', '-9', '-f', 'qemu-system']);
    expect((await migrate.done).code).not.toBe(0);
    await page.locator('#phase', { hasText: /Ended without completing|Failed/ }).waitFor({ timeout: longMs });
    expect(await page.locator('#sentence').innerText()).toContain('the guest is still on hv1');
    expect(await scene.lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    expect(await guest.untilBeatAfter('hv1', beat)).toBeGreaterThan(beat);
  });

  it('a window that reloads in the middle comes back with its panel, all its samples and a gap, and the migration is untouched', async () => {
    const { workbench, lab } = scene;
    const { guest, migrate } = await scene.startStuck({ name: 'reloaded' });
    let page = await scene.openPanel(guest);
    await workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    await workbench.reload();
    await workbench.editors.waitForTab(/reloaded/, longMs);
    page = workbench.editors.webview();
    await page.locator('#domain-name', { hasText: 'reloaded' }).waitFor({ timeout: longMs });
    await workbench.until(
      'figures again',
      async () => (await page.locator('#stale').isHidden()) && Number(await figure(page, 'Iteration')) >= 2,
      longMs,
    );
    // The sawtooth's first tooth is from before the reload.
    await workbench.until('iteration 3', async () => Number(await figure(page, 'Iteration')) >= 3, longMs);
    expect(await page.locator('#charts').getAttribute('data-gaps')).toBe('1');
    expect(Number(await page.locator('#charts').getAttribute('data-samples'))).toBeGreaterThan(20);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    await lab.host('hv1').virsh(['migrate-setmaxdowntime', guest.uuid, '12000']);
    expect(await migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
  });
});
