import { afterEach, describe, expect, it } from 'vitest';
import { defineGuest } from '../lab/lab.js';
import { Plants } from '../lab/plants.js';
import { expectOnePlace } from '../lab/onePlace.js';
import { FormPage } from './formPage.js';
import { longMs, Scene } from './scene.js';

const idle = { load: 'idle', workingSetMiB: 8, memoryMiB: 128 } as const;

/** Asks for what QEMU without KVM can't give; with check='none' it starts all the same. */
const wideCpu =
  "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>Skylake-Server</model><feature policy='require' name='avx512f'/></cpu>";

const minuteOf = (atMs: number): string =>
  new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(atMs);

/** One long story: longer than a test usually may take, on a busy machine. */
const storyMs = 480_000;

describe('the form that starts a migration, with faults planted on the hosts', () => {
  let scene: Scene;
  let plants: Plants;

  afterEach(async () => {
    try {
      await scene.lab.clear();
      await plants.undo();
    } finally {
      await scene.close();
    }
  });

  it(
    'shows each as a line that failed or warns, with its reason; goes around 127.0.1.1; closed ports leave the guest where it is',
    async () => {
      scene = await Scene.open();
      const { lab, workbench } = scene;
      plants = new Plants(lab);
      await scene.untilConnected();
      await plants.bridge('hv1', 'br-lab');
      await plants.network('hv1', 'lan 7', 'br-lab');
      await lab.startGuest('hv1', {
        ...idle,
        name: 'unlucky',
        cpuXml: wideCpu,
        devicesXml:
          "<interface type='network'><source network='lan 7'/></interface><interface type='bridge'><source bridge='br-lab'/></interface>",
        diskMiB: 8,
      });
      const namesake = await defineGuest(lab.host('hv2'), { ...idle, name: 'unlucky' });
      await plants.noMemory('hv2');
      await plants.loopback('hv2', 'hv2');
      await plants.closedMigrationPorts('-j', 'DROP');
      const unlucky = await FormPage.open(scene, 'unlucky');
      await unlucky.goTo('hv2');
      expect(await unlucky.trouble()).toEqual([
        expect.stringMatching(/^ports failed: .*From hv1, ports 49152 and 49215 of 10\.213\.77\.2 give no answer/),
        expect.stringMatching(/^cpu failed: .*hv2 can't give the guest its CPU: .*avx512f/),
        expect.stringMatching(/^memory failed: .*The guest takes 128 MiB .*too little\./),
        expect.stringMatching(/^networks failed: .*hv2 has no bridge or interface br-lab\./),
        expect.stringMatching(/^storage failed: .*vda .*it is not shared, and has to be copied\./),
        expect.stringMatching(/^clash failed: .*hv2 has another domain named "unlucky"/),
      ]);
      expect(await unlucky.page.locator('#preflight-summary').innerText()).toMatch(/6 failed/);
      // The way that was worked out goes around the name; without it the name is what libvirt would take.
      expect(await unlucky.value('migrationUri')).toBe('tcp://10.213.77.2');
      await unlucky.type('migrationUri', '');
      await workbench.until('the warning of its name', async () =>
        (await unlucky.trouble()).some((line) =>
          /^hostname warned: .*on hv2 itself hv2 leads to 127\.0\.1\.1/.test(line),
        ),
      );
      await unlucky.close();
      await lab.host('hv2').virsh(['undefine', namesake]);
      await lab.clear();
      await plants.undo();

      // Reached from here, not from there; and its UUID is another's.
      const plain = await lab.startGuest('hv1', { ...idle, name: 'plain' });
      await plants.unreachableFromSource();
      await defineGuest(lab.host('hv2'), { ...idle, name: 'other' }, plain.uuid);
      const form = await FormPage.open(scene, 'plain');
      await form.goTo('hv2');
      await form.type('destinationUri', 'qemu+tcp://hv2/system');
      const unreachable = /^reachable failed: .*hv1 does not reach it: no answer within 6 s\./;
      await workbench.until(
        'that it is not reached',
        async () => (await form.trouble()).some((line) => unreachable.test(line)),
        longMs,
      );
      await form.untilLookedAt();
      expect(await form.trouble()).toEqual([
        expect.stringMatching(unreachable),
        expect.stringMatching(/^clash failed: .*hv2 has a domain "other" with this guest's UUID\./),
      ]);
      expect((await scene.hosts.waitForItem('hv2')).expanded).toBeDefined();
      await lab.host('hv2').virsh(['undefine', plain.uuid]);
      await plants.undo();
      await form.lookAgain();
      expect(await form.trouble()).toEqual([]);
      await form.close();

      // 127.0.1.1 does no harm to a migration by the way that was worked out.
      await plants.loopback('hv2', 'hv2');
      const around = await FormPage.open(scene, 'plain');
      await around.goTo('hv2');
      // So slowly that it can be met on its way.
      await around.type('bandwidthMiBps', '20');
      expect(await around.untilLine((line) => line.includes('--bandwidth 20'))).toMatch(/ tcp:\/\/10\.213\.77\.2$/);
      await around.migrate();
      await workbench.editors.waitForTab(/plain → hv2/, longMs);
      await workbench.editors.webview().locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
      await expectOnePlace(lab, [plain]);
      expect(await lab.host('hv2').stateOf(plain.uuid)).toBe('running (migrated)');

      await plants.closedMigrationPorts('-j', 'REJECT', '--reject-with', 'icmp-admin-prohibited');
      const walled = await lab.startGuest('hv1', { ...idle, name: 'walled' });
      const closed = await FormPage.open(scene, 'walled');
      await closed.goTo('hv2');
      expect(await closed.trouble()).toEqual([expect.stringMatching(/^ports failed: .*can't be reached/)]);
      await closed.migrate();
      const question = await workbench.dialog.waitFor();
      expect(question.detail).toMatch(/ports 49152 and 49215/);
      await workbench.dialog.click('Migrate Anyway');
      await closed.page.locator('#refusal').waitFor({ timeout: longMs });
      expect(await closed.page.locator('#refusal').innerText()).toMatch(
        /unable to connect to server at '10\.213\.77\.2:49152'/,
      );
      const beat = (await walled.lastBeat('hv1')) ?? 0;
      await walled.untilBeatAfter('hv1', beat);
      await expectOnePlace(lab, [walled, plain]);
      expect(await lab.host('hv1').stateOf(walled.uuid)).toMatch(/^running/);
    },
    storyMs,
  );

  it('warns of a source whose clock is a minute ahead, and what is started from there ends at the right time', async () => {
    scene = await Scene.open({}, { clockAheadSeconds: { hv1: 60 } });
    const { lab, workbench, migrations } = scene;
    plants = new Plants(lab);
    await scene.untilConnected();
    const guest = await lab.startGuest('hv1', { ...idle, name: 'early', workingSetMiB: 64, memoryMiB: 256 });
    await guest.untilHot('hv1');
    const form = await FormPage.open(scene, 'early');
    await form.goTo('hv2');
    expect(await form.trouble()).toEqual([
      expect.stringMatching(/^clock warned: .*It is (59|1 min|60|61)\b.* behind that of hv1/),
    ]);
    await form.type('bandwidthMiBps', '20');
    const beforeMs = Date.now();
    await form.migrate();
    await workbench.editors.waitForTab(/early → hv2/, longMs);
    const page = workbench.editors.webview();
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    const afterMs = Date.now();
    const row = await migrations.waitForItem(/early → hv2/, ({ description }) => description.includes('completed'));
    expect([minuteOf(beforeMs), minuteOf(afterMs)]).toContain(/\d\d:\d\d$/.exec(row.description)?.[0]);
    // By the editor's clock and the host's own count of time, never by the difference of the two.
    expect(await page.locator('#sentence').innerText()).toMatch(/it took \d{1,2}(\.\d)? s, /);
    await expectOnePlace(lab, [guest]);
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
  });
});
