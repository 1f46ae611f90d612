import { appendFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FormPage } from './formPage.js';
import { longMs, Scene } from './scene.js';
import { migratingVirshs } from './virshOnHost.js';

const port = 2200;

describe('a source that allows one session a connection', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open({
      settings: {
        'libvirt.hosts': [
          { name: 'hv1', destination: 'narrow' },
          { name: 'hv2', destination: 'hv2' },
        ],
        'libvirt.autoConnect': 'none',
      },
    });
    const { lab, hosts } = scene;
    const { address } = await lab.host('hv1').startSshd(port, ['MaxSessions 1']);
    await appendFile(
      lab.sshConfig,
      [
        'Host narrow',
        `  HostName ${address}`,
        `  Port ${port}`,
        `  HostKeyAlias ${address}`,
        '  User root',
        `  IdentityFile ${lab.clientKey}`,
        '  IdentitiesOnly yes',
        `  UserKnownHostsFile ${lab.knownHosts}`,
        '',
      ].join('\n'),
    );
    for (const host of ['hv1', 'hv2']) {
      await hosts.inlineAction(host, 'Connect Host');
      await hosts.waitForItem(host, ({ description }) => description.startsWith('0 of 0 running'), longMs);
    }
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  it('is looked at before, starts a migration and is steered to its end all the same', async () => {
    const { lab, workbench } = scene;
    const hv1 = lab.host('hv1');
    const guest = await lab.startGuest('hv1', { name: 'narrow', memoryMiB: 256, workingSetMiB: 104 });
    await guest.untilHot('hv1');
    expect(await workbench.output.text('Libvirt')).toMatch(/allows 1 session/);
    const form = await FormPage.open(scene, 'narrow');
    await form.goTo('hv2');
    expect(await form.trouble()).not.toContainEqual(expect.stringMatching(/ (failed|unknown):/));
    await form.fill({ bandwidthMiBps: '10' });
    const line = await form.untilLine((text) => text.includes('--bandwidth 10'));
    await form.migrate();
    await workbench.editors.waitForTab(/narrow → hv2/, longMs);
    expect((await migratingVirshs(hv1)).map((words) => words.join(' '))).toEqual([line]);
    const page = workbench.editors.webview();
    const beat = (await guest.lastBeat('hv1')) ?? 0;
    await scene.migrations.waitForItem(/narrow/, ({ description }) => description.includes('iteration'), longMs);
    await workbench.runCommand('Libvirt: Set Migration Max Downtime…');
    await workbench.quickInput.type('20000');
    await workbench.quickInput.accept();
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    await guest.untilBeatAfter('hv2', beat);
  });
});
