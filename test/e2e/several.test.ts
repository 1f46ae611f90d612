import type { FrameLocator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectCompleted } from './completed.js';
import { messagesOf, rememberMessages } from './panelMessages.js';
import { drawn, figure, longMs, Scene } from './scene.js';

/** The page in sight was sent all there was at first, then each further reading once. */
async function expectHistoryOnce(page: FrameLocator): Promise<void> {
  const { messages, drawnSamples } = await messagesOf(page);
  const [history, ...updates] = messages;
  expect(history?.type).toBe('init');
  expect(updates.map(({ type }) => type)).toEqual(updates.map(() => 'update'));
  const sent = [history, ...updates].reduce((sum, message) => sum + (message?.samples ?? 0), 0);
  // One may be sent and not be drawn yet, or the other way round.
  expect(Math.abs(sent - drawnSamples)).toBeLessThanOrEqual(1);
  // A reading a second, and a message each.
  expect(Math.max(...updates.map(({ samples }) => samples))).toBeLessThanOrEqual(2);
}

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
    // In this order: at its speed, this much does not yet end it.
    await lab.host('hv2').virsh(['migrate-setmaxdowntime', back.guest.uuid, '5000']);
    await lab.host('hv2').virsh(['migrate-setspeed', back.guest.uuid, '2000']);
    expect(await back.migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await lab.host('hv1').stateOf(back.guest.uuid)).toBe('running (migrated)');
  });

  it('one that converges by itself ends with its real figures, and needs nobody', async () => {
    const cool = await scene.startStuck({
      name: 'cool',
      memoryMiB: 256,
      load: 'cool',
      workingSetMiB: 64,
      rateMiBps: 4,
    });
    const page = await scene.openPanel(cool.guest);
    await expectCompleted(scene, cool);
    expect(await page.locator('#sentence').innerText()).toMatch(/The migration to hv2 is complete: it took /);
    // Nobody did anything.
    expect(await page.locator('#log li').allInnerTexts()).toEqual([]);
  });

  it("one whose destination's QEMU is killed ends without completing, and the guest goes on at its source", async () => {
    const { guest, migrate } = await scene.startStuck({ name: 'killed' });
    const page = await scene.openPanel(guest);
    await scene.workbench.until('memory', async () => Number(await figure(page, 'Iteration')) >= 1, longMs);
    await scene.lab.host('hv2').exec(['pkill', '-9', '-f', 'qemu-system']);
    expect((await migrate.done).code).not.toBe(0);
    await page.locator('#phase', { hasText: /Ended without completing|Failed/ }).waitFor({ timeout: longMs });
    await page.locator('#sentence', { hasText: /the guest is still on hv1/i }).waitFor({ timeout: longMs });
    expect(await scene.lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    const beat = (await guest.lastBeat('hv1')) ?? 0;
    expect(await guest.untilBeatAfter('hv1', beat)).toBeGreaterThan(beat);
  });

  it('a panel that is hidden and shown again has lost nothing, is sent its history once, and then only what is new; throttle and compression have a chart', async () => {
    const { workbench } = scene;
    await rememberMessages(workbench.page);
    const { guest } = await scene.startStuck(
      { name: 'hidden', memoryMiB: 256, workingSetMiB: 104, alike: true },
      { bandwidthMiBps: 8, extra: ['--auto-converge', '--compressed', '--comp-methods', 'xbzrle'] },
    );
    let page = await scene.openPanel(guest);
    await workbench.until('some readings', async () => (await drawn(page)).samples >= 5, longMs);
    // In the first iteration there is nothing to throttle for, and nothing to compress.
    expect(await page.locator('#chart-throttle').isVisible()).toBe(false);
    const before = await drawn(page);
    await expectHistoryOnce(page);
    await scene.lab.host('hv1').virsh(['migrate-setmaxdowntime', guest.uuid, '450']);
    await page.locator('#log li', { hasText: '450 ms' }).waitFor({ timeout: longMs });
    await workbench.notifications.clear();

    await workbench.runCommand('Create: New File...');
    await workbench.quickInput.pick(/^Text File/);
    await workbench.editors.waitForTab(/^Untitled-1/);
    // It is watched all the same: the tree and the status bar go on, and the guest comes into its second iteration.
    await scene.migrations.waitForItem(/hidden/, (item) => /iteration ([2-9]|\d\d)/.test(item.description), longMs);
    await workbench.editors.select(/hidden/);
    page = workbench.editors.webview();
    await page.locator('#charts[data-samples]').waitFor({ timeout: longMs });
    const shown = await drawn(page);
    expect(shown.samples).toBeGreaterThan(before.samples);
    expect(shown).toMatchObject({ firstMs: before.firstMs, gaps: 0 });
    expect(await page.locator('#log li', { hasText: '450 ms' }).count()).toBe(1);
    await workbench.until('new readings', async () => (await drawn(page)).samples >= shown.samples + 3, longMs);
    await expectHistoryOnce(page);

    const plot = page.locator('#chart-throttle .plot');
    const label = await workbench.until(
      'throttle and compression',
      async () =>
        /CPU throttle [2-9]\d %.*Pages compressed.*/.exec((await plot.getAttribute('aria-label')) ?? '') ?? undefined,
      longMs,
    );
    expect(label[0]).toMatch(/Pages compressed \d+(\.\d+)? %, Compressed size \d+(\.\d+)? %/);
    expect(await figure(page, 'Throttle')).toMatch(/^[2-9]\d %$/);
  });

  it('a window that reloads in the middle comes back with its panel, all its samples and a gap, and the migration is untouched', async () => {
    const { workbench, lab } = scene;
    const { guest, migrate } = await scene.startStuck({ name: 'reloaded' });
    let page = await scene.openPanel(guest);
    await workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    const before = await drawn(page);
    expect(before.gaps).toBe(0);
    // Away for longer than readings of a busy host may be apart.
    await workbench.reload(4000);
    await workbench.editors.waitForTab(/reloaded/, longMs);
    page = workbench.editors.webview();
    await page.locator('#charts[data-samples]').waitFor({ timeout: longMs });
    const restored = await drawn(page);
    expect(restored.samples).toBeGreaterThanOrEqual(before.samples);
    expect(restored.firstMs).toBe(before.firstMs);
    expect(await page.locator('#domain-name').innerText()).toBe('reloaded');
    await workbench.until(
      'figures again',
      async () => (await page.locator('#stale').isHidden()) && Number(await figure(page, 'Iteration')) >= 2,
      longMs,
    );
    await workbench.until('new readings', async () => (await drawn(page)).samples >= restored.samples + 3, longMs);
    const since = await drawn(page);
    expect(since.firstMs).toBe(before.firstMs);
    // A busy machine may make another.
    expect(since.gaps).toBeGreaterThanOrEqual(1);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    await lab.host('hv1').virsh(['migrate-setmaxdowntime', guest.uuid, '12000']);
    expect(await migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
  });
});
