import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Guest } from '../lab/lab.js';
import { expectOnePlace } from '../lab/onePlace.js';
import { untilNothingIsLeft } from '../lab/startLeftovers.js';
import { EvacuationPage, letFinish } from './evacuationPage.js';
import { longMs, Scene } from './scene.js';

describe('a host that is evacuated to hosts of one’s choice', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open({
      settings: {
        // The lab has two hosts, but one of them may be in the tree by two names.
        'libvirt.hosts': ['hv1', 'hv2', 'hv3'].map((name) => ({ name, destination: name === 'hv3' ? 'hv2' : name })),
        'libvirt.migrate.presets': { Crawling: { bandwidthMiBps: 1 } },
      },
    });
    await scene.untilConnected();
  });
  afterAll(async () => scene.close());

  it('one goes where it was sent, one stays, and a third is sent elsewhere while it waits', async () => {
    const { lab, workbench, hosts } = scene;
    const { quickInput, dialog } = workbench;
    const guests = new Map<string, Guest>();
    for (const name of ['one', 'two', 'three']) {
      const plan = { name, memoryMiB: 192, load: 'idle', workingSetMiB: 32 } as const;
      guests.set(name, await lab.startGuest('hv1', plan));
    }
    const finish = async (name: string): Promise<void> => {
      const guest = guests.get(name);
      if (guest === undefined) throw new Error(`no guest ${name}`);
      await letFinish(scene, guest);
    };
    await hosts.waitForItem('hv1', ({ description }) => description.startsWith('3 of 3 running'), longMs);
    await hosts.waitForItem('hv3', ({ description }) => description.includes('running'), longMs);

    await hosts.pickFromMenu('hv1', 'Evacuate Host…');
    await quickInput.waitFor('where to', ({ placeholder }) => placeholder === 'Where do its domains go?', longMs);
    await quickInput.pick('Let free memory decide');
    await EvacuationPage.answer(workbench, '1 at a time', 'Crawling');
    await dialog.waitFor(/^Evacuate 'hv1'\? 3 domains would leave it\.$/, longMs);
    await dialog.click('Change Destinations…');
    const list = (): ReturnType<typeof quickInput.waitFor> =>
      quickInput.waitFor('the domains', ({ title }) => title === 'Evacuate hv1: Destinations');
    const choose = async (name: string, place: string): Promise<void> => {
      await list();
      await quickInput.pick(name);
      await quickInput.waitFor('its places', ({ title }) => title === `Where ${name} Goes`);
      await quickInput.pick(place);
    };
    for (const name of guests.keys()) await choose(name, 'Stay on hv1');
    await list();
    await quickInput.pick('Done');
    // Nothing would be left to do: that is said, and what was chosen is still there to be changed.
    const nothing = await dialog.waitFor(
      /^As chosen, no domain would leave 'hv1': nothing would be migrated\.$/,
      longMs,
    );
    expect(nothing.detail).toMatch(/^Stay: .*two \(it was chosen to stay\)/);
    await dialog.click('Change Destinations…');
    await choose('three', 'Let free memory decide');
    await choose('one', 'hv3');
    expect((await list()).rows.slice(1).map(({ label, description }) => `${label} ${description}`)).toEqual([
      'one → hv3 · 192 MiB · your choice',
      expect.stringMatching(/^three → hv[23] · 192 MiB$/),
      'two stays on hv1 · 192 MiB · your choice',
    ]);
    await quickInput.pick('Done');
    const { detail } = await dialog.waitFor(/^Evacuate 'hv1'\? 2 domains would leave it\.$/, longMs);
    expect(detail).toMatch(/To hv3, (192|384) MiB: .*one/);
    expect(detail).toContain('Stay: two (it was chosen to stay).');
    await dialog.click('Evacuate');

    const page = await EvacuationPage.opened(workbench);
    expect(await page.destination('one')).toBe('hv3');
    const [goes] = await page.untilNames('migrating', 1);
    const [waits] = await page.untilNames('waiting', 1);
    const elsewhere = (await page.destination(waits)) === 'hv2' ? 'hv3' : 'hv2';
    await page.press(waits, 'redirect');
    await quickInput.waitFor('its places', ({ title }) => title === `Where ${waits} Goes`, longMs);
    await quickInput.pick(elsewhere);
    await workbench.until('the other host', async () => (await page.destination(waits)) === elsewhere, longMs);
    await finish(goes);
    await page.untilStatus(goes, 'done');
    expect(await page.untilNames('migrating', 1)).toEqual([waits]);
    await finish(waits);
    await page.untilPhase('Ended');
    expect(await page.sentence()).toMatch(/^Both domains that could go have left hv1/);
    expect(await page.frame.locator('#left li').allInnerTexts()).toEqual([
      expect.stringMatching(/^two\s+it was chosen to stay$/),
    ]);
    for (const [name, { uuid }] of guests) {
      const state = await lab.host('hv1').stateOf(uuid);
      expect([name, state]).toEqual([name, name === 'two' ? 'running (booted)' : undefined]);
    }
    await expectOnePlace(lab, [...guests.values()]);
    await untilNothingIsLeft(lab.host('hv1'));
  });
});
