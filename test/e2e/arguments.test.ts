import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectCompleted } from './completed.js';
import { figure, longMs, Scene } from './scene.js';

/** What stands in the user's keybindings: every answer is an argument. */
const steered = { host: 'hv1', domain: 'keyed' };
const bindings = {
  setSpeed: { key: 'ctrl+alt+1', command: 'libvirt.setSpeed', args: { ...steered, speedMiBps: 4 } },
  setMaxDowntime: { key: 'ctrl+alt+2', command: 'libvirt.setMaxDowntime', args: { ...steered, downtimeMs: 450 } },
  pause: { key: 'ctrl+alt+3', command: 'libvirt.pause', args: { ...steered, confirmed: true } },
  abort: { key: 'ctrl+alt+4', command: 'libvirt.abort', args: { ...steered, confirmed: true } },
  switchToPostcopy: {
    key: 'ctrl+alt+5',
    command: 'libvirt.switchToPostcopy',
    args: { host: 'hv1', domain: 'late', confirmed: true },
  },
  resume: { key: 'ctrl+alt+6', command: 'libvirt.resume', args: { host: 'hv2', domain: 'still' } },
  wrong: { key: 'ctrl+alt+7', command: 'libvirt.setSpeed', args: { ...steered, speedMiBps: 'fast' } },
  tooLong: { key: 'ctrl+alt+9', command: 'libvirt.setMaxDowntime', args: { ...steered, downtimeMs: 2_000_001 } },
  shell: {
    key: 'ctrl+alt+0',
    command: 'libvirt.migrate',
    args: { ...steered, destinationUri: 'qemu+tcp://hv2/system\ntouch /run/touched', confirmed: true },
  },
  unconfirmed: { key: 'ctrl+alt+8', command: 'libvirt.abort', args: steered },
};

describe('by keys, with all answers in their arguments', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
    await scene.workbench.setKeybindings(Object.values(bindings));
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  const press = ({ key }: { key: string }): Promise<void> =>
    scene.workbench.page.keyboard.press(key.replace('ctrl', 'Control').replace('alt', 'Alt'));

  it('a migration is steered without a question, and a wrong argument is refused in words', async () => {
    const { workbench, lab } = scene;
    const hv1 = lab.host('hv1');
    const plan = { name: 'keyed', memoryMiB: 256, workingSetMiB: 104 };
    const { guest, migrate } = await scene.startStuck(plan, { postcopy: true, bandwidthMiBps: 10 });
    const page = await scene.openPanel(guest);
    const log = page.locator('#log li.done code');
    await workbench.until('memory', async () => Number(await figure(page, 'Iteration')) >= 1, longMs);

    await press(bindings.wrong);
    await workbench.notifications.waitFor(/speedMiBps must be a number of MiB\/s, or "unlimited"\. Nothing was done/);
    await press(bindings.tooLong);
    await workbench.notifications.waitFor(/"2000001" is more than 2000000 ms, QEMU's maximum.* Nothing was sent/);
    await press(bindings.shell);
    await workbench.notifications.waitFor(/destination URI .* holds spaces or control characters\. Nothing was sent/);
    expect((await hv1.exec(['ls', '/run/touched'])).code).not.toBe(0);
    expect(await page.locator('#log li').count()).toBe(0);
    await workbench.notifications.clear();

    await press(bindings.setSpeed);
    await log.filter({ hasText: `migrate-setspeed ${guest.uuid} 4` }).waitFor({ timeout: longMs });
    expect((await hv1.virsh(['migrate-getspeed', guest.uuid])).trim()).toBe('4');
    await press(bindings.setMaxDowntime);
    await log.filter({ hasText: `migrate-setmaxdowntime ${guest.uuid} 450` }).waitFor({ timeout: longMs });
    expect((await hv1.virsh(['migrate-getmaxdowntime', guest.uuid])).trim()).toBe('450');

    // Only `confirmed` skips what asks first.
    await press(bindings.unconfirmed);
    const question = await workbench.dialog.waitFor();
    expect(question.message).toBe("Abort the migration of 'keyed'?");
    await workbench.dialog.click('Cancel');
    await press(bindings.pause);
    await page.locator('#phase', { hasText: 'Paused' }).waitFor({ timeout: longMs });
    expect(await hv1.stateOf(guest.uuid)).toMatch(/^paused/);
    await press(bindings.abort);
    expect((await migrate.done).stderr).toContain('canceled by client');
    await page.locator('#phase', { hasText: 'Aborted' }).waitFor({ timeout: longMs });
    await workbench.until('it to go on', async () => (await hv1.stateOf(guest.uuid))?.startsWith('running'), longMs);
    const beat = (await guest.lastBeat('hv1')) ?? 0;
    await guest.untilBeatAfter('hv1', beat);
    expect(await workbench.dialog.current()).toBeUndefined();
    expect(await workbench.notifications.all()).toEqual([]);
  });

  it('a migration is switched to post-copy', async () => {
    const plan = { name: 'late', memoryMiB: 256, workingSetMiB: 104 };
    const stuck = await scene.startStuck(plan, { postcopy: true, bandwidthMiBps: 10 });
    const page = await scene.openPanel(stuck.guest);
    await scene.workbench.until('memory', async () => Number(await figure(page, 'Iteration')) >= 1, longMs);
    await press(bindings.switchToPostcopy);
    await expectCompleted(scene, stuck);
    expect(await page.locator('#log li.done code').innerText()).toContain(`migrate-postcopy ${stuck.guest.uuid}`);
  });

  it('a guest that its migration left paused goes on by the notice’s button, and by a key', async () => {
    const { workbench, lab } = scene;
    const plan = { name: 'still', load: 'idle', memoryMiB: 256, workingSetMiB: 8 } as const;
    // Whoever migrates with --suspend wants to look at it first.
    const { guest, migrate } = await scene.startStuck(plan, { extra: ['--suspend'] });
    expect(await migrate.done).toMatchObject({ code: 0 });
    const { text } = await workbench.notifications.waitFor(/still/, longMs);
    expect(text).toBe(
      "The migration of 'still' has ended. The guest is paused on hv2 (user), and runs nowhere. Resume it on hv2.",
    );
    expect(await lab.host('hv2').stateOf(guest.uuid)).toMatch(/^paused/);
    await scene.migrations.waitForItem(/still/, (item) => item.description.includes('left paused'));
    await workbench.notifications.click(/still/, 'Resume');
    await guest.untilBeatAfter('hv2', 0);
    expect(await lab.host('hv2').stateOf(guest.uuid)).toMatch(/^running/);
    await scene.migrations.waitForItem(/still/, (item) => !item.description.includes('paused'), longMs);

    await lab.host('hv2').virsh(['suspend', guest.uuid]);
    await scene.hosts.waitForItem('still', (item) => item.description.includes('paused'), longMs);
    const beat = (await guest.lastBeat('hv2')) ?? 0;
    await press(bindings.resume);
    await guest.untilBeatAfter('hv2', beat);
    await scene.hosts.waitForItem('still', (item) => item.description.includes('running'), longMs);
  });
});
