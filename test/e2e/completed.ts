import { expect } from 'vitest';
import { formatMs } from '../../src/panel/format.js';
import { downtimeOf, longMs, type Scene, type Stuck } from './scene.js';

/**
 * A migration to hv2 ended well: virsh says so, the guest runs on hv2 only, its console went on there, and the panel in sight has the real
 * downtime.
 */
export async function expectCompleted(scene: Scene, { guest, migrate, beat, completed }: Stuck): Promise<void> {
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
