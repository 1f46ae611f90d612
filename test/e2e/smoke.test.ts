import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allThemes, Workbench } from '../editor/workbench.js';
import { repository } from '../run/machine.mjs';

describe('the Libvirt view of somebody who has no hosts yet', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open();
    await workbench.openContainer('Libvirt');
  });
  afterAll(async () => workbench.close());

  it('says what to do first, and shows neither rows nor a status bar item', async () => {
    const [hosts, migrations] = [workbench.tree('Hosts'), workbench.tree('Migrations')];
    await workbench.until('the welcome text', async () => (await hosts.welcomeText()).includes('Add Host'));
    const untilHosts = 'Migrations are shown here once there are hosts.';
    await workbench.until('its welcome text', async () => (await migrations.welcomeText()) === untilHosts);
    expect(await hosts.items()).toEqual([]);
    expect((await workbench.statusBar.items()).filter((item) => /libvirt|migrat/i.test(item.ariaLabel))).toEqual([]);
  });

  it('asks nothing by itself', async () => {
    expect(await workbench.quickInput.current()).toBeUndefined();
    expect(await workbench.dialog.current()).toBeUndefined();
    expect(await workbench.notifications.all()).toEqual([]);
  });

  it('adds a host by its button as by the palette: the same question, which can be left', async () => {
    await workbench.tree('Hosts').clickWelcomeButton('Add Host');
    const { title, placeholder } = await workbench.quickInput.waitFor();
    await workbench.quickInput.escape();
    await workbench.runCommand('Libvirt: Add Host…');
    expect(await workbench.quickInput.waitFor()).toMatchObject({ title, placeholder });
    await workbench.quickInput.escape();
    expect(await workbench.tree('Hosts').items()).toEqual([]);
  });

  it('has its log in an output channel', async () => {
    await workbench.runCommand('Libvirt: Show Log');
    await workbench.page.locator('.output-view .monaco-editor').waitFor();
  });

  it('is drawn in every theme, wide and narrow', async () => {
    const folder = join(repository, 'out', 'screenshots');
    await mkdir(folder, { recursive: true });
    for (const theme of allThemes) {
      await workbench.setTheme(theme);
      for (const width of [800, 1600]) {
        await workbench.setViewport(width, 900);
        await workbench.screenshot(join(folder, `welcome-${theme}-${width}.png`));
        // Nothing is cut off at the side.
        const button = await workbench.page.locator('.welcome-view-content .monaco-button').first().boundingBox();
        expect(button?.width).toBeGreaterThan(100);
      }
    }
  });
});
