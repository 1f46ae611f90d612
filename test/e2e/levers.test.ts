import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { figure, longMs, Scene } from './scene.js';

describe('a migration in post-copy', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  it('is interrupted from the panel, which says what that costs, and resumed from there, and the guest goes on', async () => {
    const { lab, workbench, hosts, migrations } = scene;
    const { guest, beat } = await scene.startStuck(
      { name: 'half-1', workingSetMiB: 104, memoryMiB: 256 },
      { postcopy: true, extra: ['--postcopy-bandwidth', '2'] },
    );
    const page = await scene.openPanel(guest);
    // By then the destination has what its QEMU itself needs of the guest: without it, it could not be resumed.
    await workbench.until('iteration 2', async () => Number(await figure(page, 'Iteration')) >= 2, longMs);
    await page.locator('#action-switchToPostcopy').click();
    await workbench.dialog.waitFor();
    await workbench.dialog.click('Switch to Post-Copy');
    await page.locator('#phase', { hasText: 'Post-copy' }).waitFor({ timeout: longMs });
    expect(await page.locator('#action-setSpeed').innerText()).toContain('Post-copy speed');

    await guest.untilBeatAfter('hv2', beat);
    await page.locator('#action-interruptPostcopy').click();
    const { message, detail } = await workbench.dialog.waitFor();
    expect(`${message} ${detail}`).toMatch(/half-1.*never goes back to hv1/s);
    await workbench.dialog.click('Interrupt Post-Copy');
    await page.locator('#phase', { hasText: 'Post-copy interrupted' }).waitFor({ timeout: longMs });
    expect(await page.locator('#sentence').innerText()).toMatch(/half of its memory on hv2 and half on hv1/);
    await migrations.waitForItem(/half-1/, (item) => item.description.includes('guest stands still'));
    await hosts.waitForItem('half-1', (item) => item.description.includes('post-copy interrupted'));
    await workbench.notifications.waitFor(/half-1.*stands still, half on each host/);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBe('paused (post-copy failed)');

    await page.locator('#action-resumePostcopy').click();
    // Somebody else has started it: by which URI hv1 reaches hv2 is worked out.
    const line = page.locator('#log li.done code', { hasText: '--postcopy-resume' });
    await line.waitFor({ timeout: longMs });
    expect(await line.innerText()).toContain('qemu+tcp://hv2/system');
    await workbench.until(
      'post-copy to go on',
      async () => (await page.locator('#phase').innerText()).trim() === 'Post-copy',
      longMs,
    );

    await page.locator('#action-setSpeed').click();
    await workbench.quickInput.type('200');
    await workbench.quickInput.accept();
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBeUndefined();
    expect(await guest.untilBeatAfter('hv2', beat)).toBeGreaterThan(beat);
  });
});
