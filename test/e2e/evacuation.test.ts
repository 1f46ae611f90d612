import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { domainXml } from '../lab/domainXml.js';
import type { Guest } from '../lab/lab.js';
import { expectOnePlace, placeText } from '../lab/onePlace.js';
import { untilNothingIsLeft } from '../lab/startLeftovers.js';
import { EvacuationPage, letFinish } from './evacuationPage.js';
import { longMs, Scene } from './scene.js';

/** Eight guests: six that go, one that never ends by itself, one whose name the destination has already. */
const easy = ['web-1', 'web-2', 'web-3', 'mail', 'dns', 'cache'] as const;
const stuckName = 'shop-db';
const takenName = 'wiki';

/** One long story: longer than a test usually may take, on a busy machine. */
const storyMs = 480_000;

describe('a host that is evacuated', () => {
  let scene: Scene;
  const guests = new Map<string, Guest>();

  beforeAll(async () => {
    scene = await Scene.open({
      // So that a migration lasts long enough to be met on its way, and the busy guest's never ends.
      settings: {
        'libvirt.migrate.presets': { Slow: { bandwidthMiBps: 16 }, Crawling: { bandwidthMiBps: 1 } },
      },
    });
    await scene.untilConnected();
  });
  afterEach(async () => {
    try {
      await expectOnePlace(scene.lab, [...guests.values()]);
      await untilNothingIsLeft(scene.lab.host('hv1'));
    } finally {
      guests.clear();
      await scene.clear();
    }
  });
  afterAll(async () => scene.close());

  function guest(name: string): Guest {
    const found = guests.get(name);
    if (found === undefined) throw new Error(`no guest ${name}`);
    return found;
  }

  /** The hosts on which it is; where it does not run there, how it is. */
  async function places(name: string): Promise<readonly string[]> {
    const { uuid } = guest(name);
    const states = await Promise.all((['hv1', 'hv2'] as const).map((host) => scene.lab.host(host).stateOf(uuid)));
    return ['hv1', 'hv2'].flatMap((host, index) => placeText(host, states[index]));
  }

  const hurry = (name: string): Promise<void> => letFinish(scene, guest(name));

  /** Idle ones, that migrate quickly when they may. `keptMiB`: memory that they hold besides. */
  async function startGuests(names: readonly string[], keptMiB = 0): Promise<void> {
    for (const name of names) {
      const plan = { name, memoryMiB: 128 + 2 * keptMiB, load: 'idle', workingSetMiB: keptMiB } as const;
      guests.set(name, await scene.lab.startGuest('hv1', plan));
    }
    const counted = `${names.length} of ${names.length} running`;
    await scene.hosts.waitForItem('hv1', ({ description }) => description.startsWith(counted), longMs);
  }

  it(
    '8 guests, 2 at a time, one stuck and one failing, the window reloaded in the middle: each ends on exactly one host',
    async () => {
      const { lab, workbench, hosts } = scene;
      await startGuests([...easy, takenName]);
      const stuck = await lab.startGuest('hv1', { name: stuckName, memoryMiB: 256, workingSetMiB: 96, rateMiBps: 60 });
      guests.set(stuckName, stuck);
      const there = lab.host('hv2');
      const file = await there.writeFile('wiki.xml', domainXml({ name: takenName, memoryMiB: 128 }, randomUUID()));
      await there.virsh(['define', file]);
      await stuck.untilHot('hv1');
      await hosts.waitForItem('hv1', (item) => item.description.startsWith('8 of 8 running'), longMs);

      await EvacuationPage.ask(scene, '2 at a time', 'Slow');
      const question = await workbench.dialog.waitFor(/^Evacuate 'hv1'\? 8 domains would leave it\.$/, longMs);
      expect(question.detail).toMatch(/To hv2, 1\.13 GiB: shop-db, /);
      expect(question.detail).toContain('2 at a time, each after its pre-flight, the quickest first.');
      await workbench.dialog.click('Evacuate');

      const page = await EvacuationPage.opened(workbench);
      await workbench.statusBar.waitFor(/^Evacuating hv1: \d of 8$/, longMs);
      await page.untilStatus(takenName, 'failed');
      expect(await page.detail(takenName)).toContain(takenName);

      let most = 0;
      await workbench.until(
        'some to be done',
        async () => {
          most = Math.max(most, await page.count('migrating'));
          return (await page.count('done')) >= 2;
        },
        longMs,
      );
      const doneBefore = await page.count('done');
      await workbench.reload();
      await EvacuationPage.opened(workbench);
      expect(await page.count('done')).toBeGreaterThanOrEqual(doneBefore);
      await workbench.until(
        'all but the stuck one and the failed one to be done',
        async () => {
          most = Math.max(most, await page.count('migrating'));
          return (await page.count('done')) === 6;
        },
        3 * longMs,
      );
      expect(most).toBe(2);
      expect(await page.frame.locator('#bar').getAttribute('aria-valuetext')).toBe('6 of 8 domains');
      await page.untilStatus(stuckName, 'migrating');

      // It comes round again and again: it would never end at these settings.
      await page
        .row(stuckName)
        .locator('.detail', { hasText: /Iteration ([3-9]|\d\d)/ })
        .waitFor({ timeout: longMs });

      // From its own panel it is let go: all of what is left may take the time that needs.
      await page.press(stuckName, 'open');
      await workbench.editors.waitForTab(/shop-db/, longMs);
      const panel = workbench.editors.webview();
      await panel.locator('#domain-name', { hasText: stuckName }).waitFor({ timeout: longMs });
      await panel.locator('#action-setMaxDowntime[aria-disabled="false"]').click({ timeout: longMs });
      await workbench.quickInput.type('12000');
      await workbench.quickInput.accept();
      await panel.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });

      await workbench.notifications.waitFor(/7 of 8 domains have left hv1.*1 failed: never begun/, longMs);
      await workbench.editors.select('Evacuate hv1');
      await page.untilPhase('Ended');
      expect(await page.sentence()).toMatch(/^7 of 8 domains have left hv1 in .+; 1 failed: never begun\.$/);
      expect(await workbench.statusBar.find(/Evacuating/)).toBeUndefined();

      for (const name of [...easy, stuckName]) expect([name, await places(name)]).toEqual([name, ['hv2']]);
      expect(await places(takenName)).toEqual(['hv1']);
      const beat = (await stuck.lastBeat('hv2')) ?? 0;
      await stuck.untilBeatAfter('hv2', beat);
    },
    storyMs,
  );

  it(
    'by its buttons: a waiting one and a running one skipped, stopped after this, resumed, stopped at once, a failed one tried again',
    async () => {
      const { lab, workbench } = scene;
      const [hv1, hv2] = [lab.host('hv1'), lab.host('hv2')];
      await startGuests(['one', 'two', 'three', 'four', takenName], 64);
      const twin = randomUUID();
      await hv2.virsh(['define', await hv2.writeFile('twin.xml', domainXml({ name: takenName }, twin))]);
      const onOnePlace = (): Promise<void> => expectOnePlace(lab, [...guests.values()]);

      await EvacuationPage.ask(scene, '2 at a time', 'Crawling');
      await workbench.dialog.waitFor(/^Evacuate 'hv1'\? 5 domains would leave it\.$/, longMs);
      await workbench.dialog.click('Evacuate');
      const page = await EvacuationPage.opened(workbench);
      await page.untilStatus(takenName, 'failed');
      const [first, second] = await page.untilNames('migrating', 2);
      const [third, fourth] = await page.untilNames('waiting', 2);

      await page.press(fourth, 'skip');
      await page.untilStatus(fourth, 'skipped');
      expect(await page.detail(fourth)).toBe('Nothing of it was begun.');

      await page.press(first, 'skip');
      const { message } = await workbench.dialog.waitFor();
      expect(message).toBe(`Skip '${first}', which migrates?`);
      await workbench.dialog.click('Abort and Skip');
      await page.untilStatus(first, 'skipped');
      expect(await page.detail(first)).toBe('Runs on hv1.');
      expect(await places(first)).toEqual(['hv1']);
      // Its slot is the next one's.
      await page.untilNames('migrating', 2);
      expect(await page.names('migrating')).toEqual([second, third].sort());

      await page.pressHead('stopAfterThis');
      await page.untilPhase('Stopping');
      await hurry(second);
      await hurry(third);
      await page.untilPhase('Ended');
      expect(await page.names('done')).toEqual([second, third].sort());
      await onOnePlace();
      await untilNothingIsLeft(hv1);

      // The cause is gone: the failed one is tried again, beside one that was skipped.
      await hv2.virsh(['undefine', twin]);
      await page.press(takenName, 'retry');
      await page.press(fourth, 'retry');
      await page.untilNames('migrating', 2);
      await page.pressHead('stopAll');
      const { detail } = await workbench.dialog.waitFor("Stop the evacuation of 'hv1'?");
      expect(detail).toContain('is aborted, and what has been copied is thrown away.');
      await workbench.dialog.click('Stop All');
      await page.untilPhase('Stopped');
      expect(await page.names('cancelled')).toEqual([fourth, takenName].sort());
      for (const name of [first, fourth, takenName]) expect([name, await places(name)]).toEqual([name, ['hv1']]);
      await onOnePlace();
      await untilNothingIsLeft(hv1);

      await page.pressHead('resume');
      for (const name of await page.untilNames('migrating', 2)) await hurry(name);
      await page.untilPhase('Ended');
      expect(await page.names('done')).toHaveLength(4);
      expect(await page.sentence()).toMatch(/^4 of 5 domains have left hv1 in .+; 1 skipped: still on hv1\.$/);
      expect(await places(takenName)).toEqual(['hv2']);
    },
    storyMs,
  );

  it(
    'in one window can’t be begun or steered in a second one, which goes on with it when the first is closed',
    async () => {
      const { workbench } = scene;
      await startGuests(['one', 'two', 'three'], 64);
      await EvacuationPage.ask(scene, '1 at a time', 'Crawling');
      await workbench.dialog.waitFor(/^Evacuate/, longMs);
      await workbench.dialog.click('Evacuate');
      const page = await EvacuationPage.opened(workbench);
      const [running] = await page.untilNames('migrating', 1);

      const other = await workbench.another();
      try {
        await other.openContainer('Libvirt');
        await other.statusBar.waitFor(/^Evacuating hv1: 0 of 3$/, longMs);
        await other.tree('Hosts').waitForItem('hv1', ({ description }) => description.includes('running'), longMs);
        await other.tree('Hosts').pickFromMenu('hv1', 'Evacuate Host…');
        await other.notifications.waitFor(/hv1 is being evacuated already/, longMs);
        await other.notifications.clear();
        await other.runCommand('Libvirt: Open Evacuation');
        const seen = await EvacuationPage.opened(other);
        await seen.untilStatus(running, 'migrating');
        await seen.frame
          .locator('#notice', { hasText: 'Another window runs this evacuation: steer it there.' })
          .waitFor({ timeout: longMs });
        expect(await seen.enabledButtons()).toEqual([]);

        await workbench.closeWindow(1);
        await seen.frame.locator('#notice').waitFor({ state: 'hidden', timeout: longMs });
        for (let left = 3; left > 0; left -= 1) {
          const [now] = await seen.untilNames('migrating', 1);
          await hurry(now);
          await seen.untilStatus(now, 'done');
        }
        await seen.untilPhase('Ended');
        for (const name of ['one', 'two', 'three']) expect([name, await places(name)]).toEqual([name, ['hv2']]);
      } finally {
        await other.page.close();
        await workbench.reopen();
        await workbench.openContainer('Libvirt');
      }
    },
    storyMs,
  );
});
