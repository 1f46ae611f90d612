import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Guest } from '../lab/lab.js';
import { longMs, Scene } from './scene.js';

describe('the tree of hosts', () => {
  let scene: Scene;
  let guest: Guest;

  beforeAll(async () => {
    scene = await Scene.open({
      settings: {
        'libvirt.hosts': [
          { name: 'hv1', destination: 'hv1', group: 'Rack 1' },
          { name: 'hv2', destination: 'hv2' },
          // Nothing listens there.
          { name: 'hv3', destination: 'root@127.0.0.1:1', group: 'Rack 1' },
        ],
      },
    });
    await scene.untilConnected();
    const plan = { load: 'idle', workingSetMiB: 8, memoryMiB: 128, title: 'The shop' } as const;
    guest = await scene.lab.startGuest('hv1', { name: 'web-1', ...plan });
  });
  afterAll(async () => scene.close());

  it('has groups, and a host that fails says why beside those that work', async () => {
    const { hosts } = scene;
    const failed = await hosts.waitForItem('hv3', ({ icon }) => icon === 'error', longMs);
    expect(failed.description).toMatch(/127\.0\.0\.1.*(refused|nothing listens)/i);
    // It came by an event, while the other host was failing.
    await hosts.waitForItem('web-1', (item) => item.description === 'running · The shop', longMs);
    expect((await hosts.items()).map(({ level, label }) => `${level} ${label}`)).toMatchObject(
      expect.arrayContaining(['1 Rack 1', '2 hv1', '3 web-1', '2 hv3', '1 hv2']),
    );
    expect(await hosts.waitForItem('Rack 1')).toMatchObject({ icon: 'folder', description: '1 failed' });
    expect(await hosts.waitForItem('hv1')).toMatchObject({ icon: 'server', description: '1 of 1 running' });
    await hosts.collapse('Rack 1');
    expect((await hosts.items()).map(({ label }) => label)).not.toContain('hv3');
    await hosts.expand('Rack 1');
  });

  it('is read again by Refresh, for what no event tells of, though one host fails', async () => {
    const { hosts, workbench, lab } = scene;
    const titled = (title: string): Promise<string> =>
      lab.host('hv1').virsh(['desc', guest.uuid, '--live', '--title', title]);
    await titled('The store');
    await workbench.runCommand('Libvirt: Refresh Domains');
    await hosts.waitForItem('web-1', (item) => item.description === 'running · The store', longMs);
    // The button of the view's header, and the one of its row, do the same.
    await titled('The market');
    await hosts.titleAction('Refresh Domains');
    await hosts.waitForItem('web-1', (item) => item.description === 'running · The market', longMs);
    await titled('The stall');
    await hosts.inlineAction('hv1', 'Refresh Domains');
    await hosts.waitForItem('web-1', (item) => item.description === 'running · The stall', longMs);
    // To the header's commands the editor hands the row that has the focus, whatever it is.
    await hosts.click('web-1');
    await hosts.titleAction('Add Host…');
    await workbench.quickInput.waitFor('the question for a host', ({ title }) => title.includes('Host'));
    await workbench.quickInput.escape();
    expect(await workbench.notifications.all()).toEqual([]);
  });
});
