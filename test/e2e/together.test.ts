import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workbench } from '../editor/workbench.js';
import type { LabHost } from '../lab/lab.js';
import { drawn, figure, longMs, openPanel, Scene, type Stuck } from './scene.js';

/** Types an answer to a command of the palette. */
async function answer(workbench: Workbench, command: string, text: string): Promise<void> {
  await workbench.runCommand(command);
  await workbench.quickInput.type(text);
  await workbench.quickInput.accept();
}

/** Walks back through a chart's readings, as the arrow keys do, until it tells of this mark. */
async function untilChartSays(workbench: Workbench, page: FrameLocator, mark: string): Promise<void> {
  const plot = page.locator('#chart-downtime .plot');
  await plot.press('End');
  await workbench.until(`the mark "${mark}" on the chart`, async () => {
    const told = await page.locator('#chart-downtime .when').innerText();
    if (told.endsWith(` · ${mark}`)) return true;
    // From the first reading on it begins anew: what was changed just now is seen with the next one.
    await plot.press(/^at 0:0[01]\b/.test(told) ? 'End' : 'ArrowLeft');
    return false;
  });
}

const setSpeed = 'Libvirt: Set Migration Speed…';
const setMaxDowntime = 'Libvirt: Set Migration Max Downtime…';

describe('a migration that two people steer', () => {
  let scene: Scene;
  let stuck: Stuck;
  let page: FrameLocator;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
    stuck = await scene.startStuck({ name: 'shared' });
    page = await scene.openPanel(stuck.guest);
    await scene.migrations.waitForItem(/shared/, (item) => item.description.includes('iteration'), longMs);
  });
  afterAll(async () => {
    try {
      await scene.clear();
    } finally {
      await scene.close();
    }
  });

  const hv1 = (): LabHost => scene.lab.host('hv1');
  const log = (of = page): ReturnType<FrameLocator['locator']> => of.locator('#log li');
  const inForce = async (value: 'speed' | 'maxdowntime'): Promise<string> =>
    (await hv1().virsh([`migrate-get${value}`, stuck.guest.uuid])).trim();

  it('says at once, in words and on the chart, what somebody else changed, and takes back what was set from here', async () => {
    const { workbench, migrations } = scene;
    const { uuid } = stuck.guest;
    await hv1().virsh(['migrate-setmaxdowntime', uuid, '450']);
    await workbench.notifications.waitFor(
      /shared.* was changed by somebody else: Max downtime \d+ ms → 450 ms/,
      longMs,
    );
    await log().filter({ hasText: '→ 450 ms, not from here' }).waitFor({ timeout: longMs });
    await untilChartSays(workbench, page, 'Max downtime 300 ms → 450 ms, not from here');
    await hv1().virsh(['migrate-setspeed', uuid, '25']);
    await workbench.notifications.waitFor(/Speed 20 MiB\/s → 25 MiB\/s/, longMs);
    await untilChartSays(workbench, page, 'Speed 20 MiB/s → 25 MiB/s, not from here');
    await workbench.notifications.clear();
    expect(await migrations.menuEntries(/shared/)).not.toContain('Undo Last Change of Migration');

    await answer(workbench, setMaxDowntime, '700');
    await log().filter({ hasText: 'max downtime is now 700 ms' }).waitFor({ timeout: longMs });
    await page.locator('#actions button', { hasText: 'Undo' }).click();
    await log().filter({ hasText: 'max downtime is now 450 ms' }).waitFor({ timeout: longMs });
    expect(await inForce('maxdowntime')).toBe('450');
    await answer(workbench, setSpeed, '22');
    await log().filter({ hasText: 'speed limit is now 22 MiB/s' }).waitFor({ timeout: longMs });
    await page.locator('#actions button', { hasText: 'Undo' }).click();
    await log().filter({ hasText: 'speed limit is now 25 MiB/s' }).waitFor({ timeout: longMs });
    expect(await inForce('speed')).toBe('25');
    // What was done from here is nobody else's.
    expect(await log().filter({ hasText: 'not from here' }).count()).toBe(2);
    expect(await workbench.notifications.all()).toEqual([]);
  });

  it('is sent nothing of what can’t be right, which stays in its box with the reason', async () => {
    const { workbench } = scene;
    const { quickInput } = workbench;
    const before = [await inForce('speed'), await inForce('maxdowntime')];
    const sent = async (): Promise<number> =>
      (await workbench.output.text('Libvirt')).match(/\] migrate-set\w+ /g)?.length ?? 0;
    const sentBefore = await sent();
    for (const [command, texts] of [
      [
        setSpeed,
        [
          ['-5', /negative/],
          ['10 Gbit', /unit "Gbit"/],
          ['1,5', /not a speed/],
          ['5 sekunds', /unit "sekunds"/],
          ['20; reboot', /not a speed/],
        ],
      ],
      [
        setMaxDowntime,
        [
          ['-300', /negative/],
          ['2000001', /more than 2000000 ms, QEMU's maximum/],
          ['5 sekunds', /unit "sekunds"/],
          ['1,5', /not a time/],
          ['$(reboot)', /not a time/],
        ],
      ],
    ] as const) {
      await workbench.runCommand(command);
      for (const [text, problem] of texts) {
        await quickInput.waitFor('the box', ({ title }) => title.includes('of the Migration of shared'));
        await quickInput.type(text);
        const isRefused = ({ isError, message }: { isError: boolean; message: string }): boolean =>
          isError && problem.test(message);
        await quickInput.waitFor(`what is wrong with ${text}`, isRefused);
        await quickInput.accept();
        expect(await quickInput.waitFor('the same box', isRefused)).toMatchObject({ value: text });
      }
      await quickInput.escape();
    }
    expect([await inForce('speed'), await inForce('maxdowntime')]).toEqual(before);
    expect(await sent()).toBe(sentBefore);
    expect(await log().count()).toBeGreaterThan(0);
    expect(await page.locator('#log li.failed').count()).toBe(0);
  });

  it('tells in each of two windows what is done in the other, once, and not what is done in its own', async () => {
    const { workbench: one } = scene;
    const other = await scene.openAnother();
    try {
      const there = await openPanel(other, stuck.guest);
      // It knows what is in force: a change is told against that.
      await other.until(
        'readings in the other window',
        async () => (await figure(there, 'Allowed downtime')) === '450 ms' && (await drawn(there)).samples >= 2,
        longMs,
      );
      await one.notifications.clear();
      const notHere = async (of: FrameLocator): Promise<string[]> =>
        (await log(of).filter({ hasText: 'not from here' }).allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
      const known = (await notHere(page)).length;

      await answer(one, setMaxDowntime, '500');
      await other.notifications.waitFor(/shared.* somebody else: Max downtime 450 ms → 500 ms/, longMs);
      await untilChartSays(other, there, 'Max downtime 450 ms → 500 ms, not from here');
      await answer(other, setSpeed, '21');
      await one.notifications.waitFor(/shared.* somebody else: Speed 25 MiB\/s → 21 MiB\/s/, longMs);
      await untilChartSays(one, page, 'Speed 25 MiB/s → 21 MiB/s, not from here');

      // Both at once, and each of them another value.
      await Promise.all([answer(one, setSpeed, '19'), answer(other, setMaxDowntime, '550')]);
      await other.notifications.waitFor(/Speed 21 MiB\/s → 19 MiB\/s/, longMs);
      await one.notifications.waitFor(/Max downtime 500 ms → 550 ms/, longMs);
      expect([await inForce('speed'), await inForce('maxdowntime')]).toEqual(['19', '550']);
      // The page is told by another way than the notice.
      await log(page).filter({ hasText: 'Max downtime 500 ms → 550 ms' }).waitFor({ timeout: longMs });
      await log(there).filter({ hasText: 'Speed 21 MiB/s → 19 MiB/s' }).waitFor({ timeout: longMs });
      expect((await notHere(page)).slice(known)).toMatchObject([
        expect.stringContaining('Speed 25 MiB/s → 21 MiB/s'),
        expect.stringContaining('Max downtime 500 ms → 550 ms'),
      ]);
      expect(await notHere(there)).toMatchObject([
        expect.stringContaining('Max downtime 450 ms → 500 ms'),
        expect.stringContaining('Speed 21 MiB/s → 19 MiB/s'),
      ]);
    } finally {
      await other.close();
    }
  });

  it('says that somebody else has paused its guest', async () => {
    const { workbench } = scene;
    await hv1().virsh(['suspend', stuck.guest.uuid]);
    await workbench.notifications.waitFor(/shared.* was changed by somebody else: Guest paused/, longMs);
    await log().filter({ hasText: 'Guest paused, not from here' }).waitFor({ timeout: longMs });
    await untilChartSays(workbench, page, 'Guest paused, not from here');
    await hv1().virsh(['domjobabort', stuck.guest.uuid]);
    expect((await stuck.migrate.done).code).not.toBe(0);
    await page.locator('#sentence', { hasText: /stays on hv1|still on hv1/ }).waitFor({ timeout: longMs });
  });
});
