import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatMs } from '../../src/panel/format.js';
import { readProfile } from './chartProfile.js';
import { downtimeOf, figure, longMs, Scene, type Stuck } from './scene.js';

describe('a stuck migration that the extension did not start', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  /** It ended well: virsh says so, the guest runs on hv2 only, its console went on there, and the panel has the real downtime. */
  async function expectCompleted({ guest, migrate, beat, completed }: Stuck): Promise<void> {
    expect(await migrate.done).toMatchObject({ code: 0 });
    const page = scene.workbench.editors.webview();
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    const { lab } = scene;
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBeUndefined();
    expect(await page.locator('#sentence').innerText()).toContain(
      `stopped the guest for ${formatMs(downtimeOf(await completed))}`,
    );
    expect(await guest.untilBeatAfter('hv2', beat)).toBeGreaterThan(beat);
    await scene.hosts.waitForItem(guest.name, (item) => /running/i.test(item.description), longMs);
  }

  it('shows in tree, status bar and panel, draws its sawtooth, is not done after 30 s, and ends by a higher max downtime from the palette', async () => {
    const { workbench, hosts, migrations } = scene;
    const stuck = await scene.startStuck({ name: 'stuck-1', title: 'The shop' });
    const startedMs = Date.now();
    await hosts.waitForItem('stuck-1', (item) => /hv2.*(iteration 1|setting up)/.test(item.description));
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
    // Samples by the host's own count of time: the first one lies within two intervals of the start.
    // Not finished after 30 s: that is in its fourth iteration.
    await workbench.until('iteration 4', async () => Number(await figure(page, 'Iteration')) >= 4, longMs);
    expect(Date.now() - startedMs).toBeGreaterThan(30_000);
    expect(await figure(page, 'Remaining')).toMatch(/MiB$/);
    expect(await page.locator('#chart-downtime .plot').getAttribute('aria-label')).toMatch(
      /Expected \d+(\.\d+)? s, Allowed 300 ms/,
    );
    expect((await readProfile(page.locator('#chart-remaining canvas'))).rises).toBeGreaterThanOrEqual(2);
    expect(await page.locator('#fields tr[data-field="memory_iteration"] .value').innerText()).toMatch(/^\d+$/);

    await workbench.runCommand('Libvirt: Set Migration Max Downtime…');
    await workbench.quickInput.type('12000');
    await workbench.quickInput.accept();
    await expectCompleted(stuck);
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
    await expectCompleted(stuck);
  });

  it('ends by a pause from the panel, which says what it costs, and the guest goes on', async () => {
    const stuck = await scene.startStuck({ name: 'stuck-3' });
    const page = await scene.openPanel(stuck.guest);
    await scene.workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    await page.locator('#action-pause').click();
    const { message, detail } = await scene.workbench.dialog.waitFor();
    expect(`${message} ${detail}`).toContain('stuck-3');
    await scene.workbench.dialog.click('Pause Guest');
    await page.locator('#phase', { hasText: 'Paused' }).waitFor({ timeout: longMs });
    expect(await page.locator('#action-resume').getAttribute('title')).toMatch(/resumes no guest while it migrates/);
    await expectCompleted(stuck);
  });

  it("ends by post-copy from the tree's menu", async () => {
    const stuck = await scene.startStuck({ name: 'stuck-4' }, { postcopy: true });
    await scene.openPanel(stuck.guest);
    await scene.migrations.pickFromMenu(/stuck-4/, 'Switch Migration to Post-Copy…');
    const { message, detail } = await scene.workbench.dialog.waitFor();
    expect(`${message} ${detail}`).toMatch(/no way back/i);
    await scene.workbench.dialog.click('Switch to Post-Copy');
    await expectCompleted(stuck);
  });

  it('ends by an abort, and the guest goes on where it was', async () => {
    const { guest, migrate, beat } = await scene.startStuck({ name: 'stuck-5' });
    const page = await scene.openPanel(guest);
    await page.locator('#action-abort').click();
    await scene.workbench.dialog.waitFor();
    await scene.workbench.dialog.click('Abort Migration');
    expect((await migrate.done).stderr).toContain('canceled by client');
    await page.locator('#phase', { hasText: 'Aborted' }).waitFor({ timeout: longMs });
    expect(await scene.lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    expect(await scene.lab.host('hv2').stateOf(guest.uuid)).toBeUndefined();
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
