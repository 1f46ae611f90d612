import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readProfile } from './chartProfile.js';
import { expectCompleted } from './completed.js';
import { shownAtMs } from './firstSight.js';
import { drawn, figure, longMs, Scene } from './scene.js';

/** The extension's own, when nothing else is set. */
const sampleIntervalMs = 1000;
/** What a busy machine may take to paint: the promise itself is held against the host's own count below. */
const paintedMs = 3000;

describe('a stuck migration that the extension did not start', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  it('shows in tree, status bar and panel, draws its sawtooth, is not done after 30 s, and ends by a higher max downtime from the palette', async () => {
    const { workbench, hosts, migrations } = scene;
    // Before there is anything to see; with its section open.
    expect(await migrations.items()).toEqual([]);
    const seenAtMs = ['.monaco-list-row', '.statusbar-item'].map((where) =>
      shownAtMs(workbench.page, where, /stuck-1 (→|from)/),
    );
    const stuck = await scene.startStuck({ name: 'stuck-1', title: 'The shop' });
    const startedMs = Date.now();
    const firstMemoryAtMs = await stuck.firstMemoryAtMs;
    // Seen while it was set up is sooner still.
    for (const atMs of await Promise.all(seenAtMs)) {
      expect(atMs - firstMemoryAtMs).toBeLessThanOrEqual(2 * sampleIntervalMs + paintedMs);
    }
    await hosts.waitForItem('stuck-1', (item) => /hv2.*(iteration \d+|setting up)/.test(item.description));
    await migrations.waitForItem(/stuck-1 → hv2/);
    await workbench.statusBar.waitFor(/stuck-1 → hv2 · iteration \d+ · \d+ MiB left/);
    // One migration, shown once: the destination's row says from where.
    expect((await migrations.items()).filter((item) => item.label.includes('stuck-1'))).toHaveLength(1);
    await hosts.waitForItem('stuck-1', (item) => item.description.includes('incoming from hv1'));

    await workbench.statusBar.click(/stuck-1/);
    await workbench.editors.waitForTab(/stuck-1/);
    const page = workbench.editors.webview();
    await page.locator('#source', { hasText: 'hv1' }).waitFor();
    expect(await page.locator('#destination').innerText()).toBe('hv2');
    expect(await page.locator('#domain-title').innerText()).toBe('The shop');
    // By the host's own count of time, which begins before the destination is prepared: since its first memory went out.
    const askedMs = Date.now();
    const job = await scene.lab.host('hv1').virsh(['domjobinfo', '--rawstats', stuck.guest.uuid]);
    const beganMs = askedMs - Number(/^time_elapsed: (\d+)$/m.exec(job)?.[1]);
    expect((await drawn(page)).firstMs - (firstMemoryAtMs - beganMs)).toBeLessThanOrEqual(2 * sampleIntervalMs);
    // Not finished after 30 s: that is in its fourth iteration.
    await workbench.until('iteration 4', async () => Number(await figure(page, 'Iteration')) >= 4, longMs);
    expect(Date.now() - startedMs).toBeGreaterThan(30_000);
    // What it will come to, and what a way out would cost, long before it has.
    await workbench.statusBar.waitFor(/stuck-1 → hv2 · iteration \d+ · \d+ MiB left · never at these settings/);
    await hosts.waitForItem('stuck-1', (item) => item.description.includes('never at these settings'));
    await page.locator('#sentence', { hasText: 'It never ends at these settings' }).waitFor();
    await page.locator('#sentence', { hasText: 'Its speed is capped at 20.0 MiB/s' }).waitFor();
    await page.locator('#sentence', { hasText: 'Auto-converge would have slowed the guest' }).waitFor();
    expect(await page.locator('#action-setMaxDowntime').getAttribute('title')).toMatch(
      /Now: with a max downtime of \d+ ms, it ends in about \d+ s and stops the guest for at most [\d.]+ s\./,
    );
    expect(await figure(page, 'Remaining')).toMatch(/MiB$/);
    expect(await page.locator('#chart-downtime .plot').getAttribute('aria-label')).toMatch(
      /Expected \d+(\.\d+)? s, Allowed 300 ms/,
    );
    expect((await readProfile(page.locator('#chart-remaining canvas'))).rises).toBeGreaterThanOrEqual(2);
    expect(await page.locator('#fields tr[data-field="memory_iteration"] .value').innerText()).toMatch(/^\d+$/);

    await workbench.runCommand('Libvirt: Set Migration Max Downtime…');
    await workbench.quickInput.type('12000');
    await workbench.quickInput.accept();
    await expectCompleted(scene, stuck);
    await page.locator('#log li.done code', { hasText: `migrate-setmaxdowntime ${stuck.guest.uuid} 12000` }).waitFor();
    expect(await page.locator('#chart-downtime .plot').getAttribute('aria-label')).toMatch(/Allowed 12(\.0)? s/);
    await workbench.output.waitForText('Libvirt', /\[hv1\] migrate-setmaxdowntime \S+ 12000 \(\d+(\.\d+)? ms\)/);
  });

  it('ends by an unlimited speed', async () => {
    const stuck = await scene.startStuck({ name: 'stuck-2', rateMiBps: 40 });
    const page = await scene.openPanel(stuck.guest);
    await scene.workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    await scene.workbench.runCommand('Libvirt: Set Migration Speed…');
    await scene.workbench.quickInput.type('unlimited');
    await scene.workbench.quickInput.accept();
    await expectCompleted(scene, stuck);
  });

  it('ends by a pause from the panel, which says what it costs, and the guest goes on', async () => {
    const stuck = await scene.startStuck({ name: 'stuck-3' });
    const page = await scene.openPanel(stuck.guest);
    await scene.workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    await page.locator('#action-pause').click();
    const { message, detail } = await scene.workbench.dialog.waitFor();
    expect(message).toBe("Pause 'stuck-3' while its memory is copied?");
    expect(detail).toMatch(
      /'stuck-3' stops for its users until the migration ends: \d+(\.\d+)? MiB of memory are left at \d+(\.\d+)? MiB\/s, .*libvirt resumes it by itself at the end, and not before/,
    );
    await scene.workbench.dialog.click('Pause Guest');
    await page.locator('#phase', { hasText: 'Paused' }).waitFor({ timeout: longMs });
    expect(await page.locator('#action-resume').getAttribute('title')).toMatch(/resumes no guest while it migrates/);
    await expectCompleted(scene, stuck);
  });

  it("ends by post-copy from the tree's menu", async () => {
    const stuck = await scene.startStuck({ name: 'stuck-4' }, { postcopy: true });
    await scene.openPanel(stuck.guest);
    // An open menu does not change: post-copy is offered once memory goes out.
    await scene.migrations.waitForItem(/stuck-4/, ({ description }) => description.includes('iteration'), longMs);
    await scene.migrations.pickFromMenu(/stuck-4/, 'Switch Migration to Post-Copy…');
    const { message, detail } = await scene.workbench.dialog.waitFor();
    expect(`${message} ${detail}`).toMatch(/no way back/i);
    await scene.workbench.dialog.click('Switch to Post-Copy');
    await expectCompleted(scene, stuck);
  });

  it('ends by an abort, and the guest goes on where it was', async () => {
    const { guest, migrate } = await scene.startStuck({ name: 'stuck-5' });
    const page = await scene.openPanel(guest);
    await page.locator('#action-abort').click();
    const { message, detail } = await scene.workbench.dialog.waitFor();
    expect(message).toBe("Abort the migration of 'stuck-5'?");
    expect(detail).toMatch(/^'stuck-5' stays on hv1 and goes on there\. .*thrown away\.$/);
    await scene.workbench.dialog.click('Abort Migration');
    expect((await migrate.done).stderr).toContain('canceled by client');
    await page.locator('#phase', { hasText: 'Aborted' }).waitFor({ timeout: longMs });
    expect(await scene.lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    expect(await scene.lab.host('hv2').stateOf(guest.uuid)).toBeUndefined();
    // It beat there all along: what counts is that it still does.
    const beat = (await guest.lastBeat('hv1')) ?? 0;
    expect(await guest.untilBeatAfter('hv1', beat)).toBeGreaterThan(beat);
  });

  it('is refused post-copy in libvirt’s own words when it was not started with it, and goes on', async () => {
    const { guest } = await scene.startStuck({ name: 'stuck-6' });
    const page = await scene.openPanel(guest);
    await scene.workbench.until('memory', async () => Number(await figure(page, 'Iteration')) >= 1, longMs);
    await page.locator('#action-switchToPostcopy').click();
    await scene.workbench.dialog.waitFor();
    await scene.workbench.dialog.click('Switch to Post-Copy');
    const { text } = await scene.workbench.notifications.waitFor(/post-copy/i);
    expect(text).toMatch(/hv1/);
    expect(text).toMatch(/--postcopy/);
    await page.locator('#log li.failed').waitFor();
    expect(await scene.lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
  });
});
