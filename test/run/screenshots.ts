// `npm run screenshots`: README's picture and a gallery in out/screenshots, taken of the real thing: migrations in the lab, in each theme,
// narrow and wide.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import type { JournalRecord } from '../../src/migration/journalFormat.js';
import { exportJson } from '../../src/migration/past/exportJson.js';
import { migrationId } from '../../src/migration/sameMigration.js';
import { recordingsOf } from '../bench/forecast/parts.js';
import type { Recording } from '../bench/forecast/recording.js';
import { FormPage } from '../e2e/formPage.js';
import { drawn, figure, Scene } from '../e2e/scene.js';
import { allThemes } from '../editor/workbench.js';
import { domainXml } from '../lab/domainXml.js';
import type { Guest } from '../lab/lab.js';
import { repository } from './machine.mjs';

const longMs = 120_000;
const widths = [800, 1600] as const;
const height = 1000;
/** The editor's own bars above and below a panel, and the page's margin. */
const barsHeight = 130;
/** README's own picture: the panel on a stuck migration, dark and wide. */
const readme = { state: 'stuck', theme: 'dark', width: 1600 } as const;
const pictures = join(repository, 'media', 'readme');
const gallery = join(repository, 'out', 'screenshots');

/** Several hosts, in groups, one of which fails. */
const hosts = [
  { name: 'hv1', destination: 'hv1', group: 'Rack 1' },
  { name: 'hv2', destination: 'hv2', group: 'Rack 1' },
  { name: 'hv3', destination: 'root@127.0.0.1:1', group: 'Rack 2' },
];

const settings = {
  'libvirt.hosts': hosts,
  // So slow that an evacuation stands still while it is taken.
  'libvirt.migrate.presets': { Slow: { bandwidthMiBps: 6 } },
};

/** A state of the panel, in each theme and width. `whole`: so tall that nothing is below the edge. */
async function take(scene: Scene, state: string, whole: boolean): Promise<void> {
  const { workbench } = scene;
  const page = workbench.editors.webview();
  await workbench.notifications.clear();
  for (const theme of allThemes) {
    await workbench.setTheme(theme);
    for (const width of widths) {
      await workbench.setViewport(width, height);
      if (whole) await workbench.setViewport(width, (await contentHeight(page)) + barsHeight);
      // On nothing: a tooltip would cover something.
      await workbench.page.mouse.move(200, 400);
      await settled(scene, page);
      const name = `${state}-${theme}-${width}.png`;
      await workbench.screenshot(join(gallery, name));
      if (state === readme.state && theme === readme.theme && width === readme.width) {
        await workbench.screenshot(join(pictures, 'panel-dark.png'));
      }
      console.log(name);
    }
  }
  await workbench.setTheme('dark');
  await workbench.setViewport(readme.width, height);
}

/** Drawn again for a new size and new colours: of a running migration by the next reading at the latest, else within two frames. */
async function settled(scene: Scene, page: FrameLocator): Promise<void> {
  await page.locator('#chart-remaining canvas').waitFor();
  const { samples } = await drawn(page);
  if (!(await page.locator('#action-abort').isVisible())) {
    await page.locator('body').evaluate(twoFrames);
    return;
  }
  await scene.workbench.until('a new reading', async () => (await drawn(page)).samples > samples, longMs);
}

/** As much of a page's globals as is used here; the DOM's own types are not loaded for scripts. */
interface PageGlobals {
  requestAnimationFrame(callback: () => void): void;
}

function twoFrames(): Promise<void> {
  const own = globalThis as unknown as PageGlobals;
  return new Promise((resolve) => own.requestAnimationFrame(() => own.requestAnimationFrame(resolve)));
}

function contentHeight(page: FrameLocator): Promise<number> {
  return page.locator('#app').evaluate((app: { readonly scrollHeight: number }) => app.scrollHeight);
}

async function untilIteration(scene: Scene, page: FrameLocator, iteration: number): Promise<void> {
  const reached = async (): Promise<boolean> => Number(await figure(page, 'Iteration')) >= iteration;
  await scene.workbench.until(`iteration ${iteration}`, reached, longMs);
}

/** Everything that leaves a mark or a line in the log: one's own doing, a refusal, somebody else's, a reload. */
async function steer(scene: Scene, guest: Guest): Promise<void> {
  const { workbench, lab } = scene;
  const page = workbench.editors.webview();
  const entries = page.locator('#log li');
  await workbench.runCommand('Libvirt: Set Migration Max Downtime…');
  await workbench.quickInput.type('600');
  await workbench.quickInput.accept();
  await entries.filter({ hasText: '600 ms' }).first().waitFor();
  await page.locator('#action-switchToPostcopy').click();
  await workbench.dialog.waitFor();
  await workbench.dialog.click('Switch to Post-Copy');
  await page.locator('#log li.failed').waitFor();
  await lab.host('hv1').virsh(['migrate-setspeed', guest.uuid, '24']);
  await entries.filter({ hasText: 'not from here' }).waitFor();
  // Away for longer than readings of a busy host may be apart.
  await workbench.reload(4000);
  await workbench.editors.waitForTab(new RegExp(guest.name), longMs);
  await workbench.until('the gap', async () => (await drawn(page)).gaps > 0, longMs);
  const { samples } = await drawn(page);
  await workbench.until('readings after it', async () => (await drawn(page)).samples > samples + 8, longMs);
}

async function stuckThenCompleted(scene: Scene): Promise<void> {
  await scene.lab.startGuest('hv1', { name: 'mail', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
  const { guest } = await scene.startStuck({ name: 'i-17-91-VM', title: 'The shop’s database' });
  const page = await scene.openPanel(guest);
  await untilIteration(scene, page, 5);
  await take(scene, 'stuck', false);
  await steer(scene, guest);
  await take(scene, 'steered', true);
  await scene.lab.host('hv1').virsh(['migrate-setmaxdowntime', guest.uuid, '12000']);
  await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
  await take(scene, 'completed', true);
}

/** One that is foretold by what the pre-flight measured, and by what its host holds of it. */
async function firstRound(scene: Scene): Promise<void> {
  const { workbench, lab } = scene;
  const guest = await lab.startGuest('hv1', { name: 'wiki', load: 'idle', workingSetMiB: 64, memoryMiB: 512 });
  await guest.untilHot('hv1');
  const open = await FormPage.open(scene, 'wiki');
  await open.goTo('hv2');
  await open.takePlain();
  // So slow that it is in its first round for as long as it is taken.
  await open.type('bandwidthMiBps', '2');
  await open.untilLine((line) => line.includes('--bandwidth 2'));
  await open.migrate();
  await workbench.editors.waitForTab(/wiki → hv2/, longMs);
  const page = workbench.editors.webview();
  await page.locator('#sentence', { hasText: 'That is by the ' }).waitFor({ timeout: longMs });
  await take(scene, 'firstRound', false);
}

/** One whose form was read for so long that its first round tells already that it never ends. */
async function foretold(scene: Scene): Promise<void> {
  const { workbench, lab } = scene;
  const plan = { name: 'orders-db', workingSetMiB: 160, rateMiBps: 32, memoryMiB: 320 };
  const guest = await lab.startGuest('hv1', plan);
  await guest.untilHot('hv1');
  const open = await FormPage.open(scene, plan.name);
  await open.goTo('hv2');
  await open.takePlain();
  await open.type('bandwidthMiBps', '3');
  await open.untilLine((line) => line.includes('--bandwidth 3'));
  const measured = async (): Promise<boolean> => {
    const figures = await lab.host('hv1').virsh(['domstats', '--dirtyrate', '--nowait', guest.uuid]);
    return /calc_status=2\s/.test(figures) && /calc_period=20\s/.test(figures);
  };
  await workbench.until('twenty seconds to be measured', measured, longMs);
  await open.migrate();
  await workbench.editors.waitForTab(/orders-db → hv2/, longMs);
  const page = workbench.editors.webview();
  await page.locator('#sentence', { hasText: 'It probably never ends' }).waitFor({ timeout: longMs });
  await take(scene, 'foretold', false);
}

async function throttled(scene: Scene): Promise<void> {
  const { guest } = await scene.startStuck(
    { name: 'i-17-92-VM', memoryMiB: 256, workingSetMiB: 104, alike: true },
    { bandwidthMiBps: 5, extra: ['--auto-converge', '--compressed', '--comp-methods', 'xbzrle'] },
  );
  const page = await scene.openPanel(guest);
  const plot = page.locator('#chart-throttle .plot');
  const told = async (): Promise<boolean> =>
    /CPU throttle [3-9]\d %, Pages compressed \d/.test((await plot.getAttribute('aria-label')) ?? '');
  await scene.workbench.until('throttle and compression', told, longMs);
  await take(scene, 'throttled', true);
}

/** One that nearly fits, round after round. */
async function hovering(scene: Scene): Promise<void> {
  const { guest } = await scene.startStuck(
    { name: 'i-17-94-VM', memoryMiB: 256, workingSetMiB: 32, rateMiBps: 3, stepMiB: 1 },
    { bandwidthMiBps: 5 },
  );
  const page = await scene.openPanel(guest);
  await page.locator('#sentence', { hasText: 'got no shorter' }).waitFor({ timeout: longMs });
  await take(scene, 'hovering', false);
}

async function withDisk(scene: Scene): Promise<void> {
  const { guest } = await scene.startStuck(
    { name: 'i-17-93-VM', memoryMiB: 256, workingSetMiB: 104, diskMiB: 300 },
    { extra: ['--copy-storage-all'] },
  );
  await untilIteration(scene, await scene.openPanel(guest), 3);
  await take(scene, 'disk', true);
}

async function main(wanted: readonly string[]): Promise<void> {
  await mkdir(pictures, { recursive: true });
  await mkdir(gallery, { recursive: true });
  const scene = await Scene.open({ width: readme.width, height, settings });
  try {
    await scene.untilConnected();
    const acts = {
      stuck: stuckThenCompleted,
      firstRound,
      foretold,
      throttled,
      hovering,
      disk: withDisk,
      form,
      evacuation,
      past,
    };
    for (const [name, act] of Object.entries(acts)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await act(scene);
      await scene.clear();
    }
  } finally {
    await scene.close();
  }
}

/** A past migration gone back into, and two compared: real ones, which were recorded and are imported. */
async function past(scene: Scene): Promise<void> {
  const { workbench } = scene;
  const folder = await mkdtemp(join(tmpdir(), 'recordings-'));
  const recordings = recordingsOf('tuned').filter(
    ({ plan }) => plan.kind === 'autoConverge' || plan.kind === 'speedUp',
  );
  const bindings = await Promise.all(
    recordings.slice(0, 2).map(async (recording, index) => {
      const file = join(folder, `${index}.json`);
      await writeFile(file, exportJson(recordOf(recording, index), Date.now()));
      return { key: `ctrl+alt+${index + 1}`, command: 'libvirt.importRecording', args: { file } };
    }),
  );
  await workbench.setKeybindings(bindings);
  for (const [index] of bindings.entries()) {
    await workbench.page.keyboard.press(`Control+Alt+${index + 1}`);
    await workbench.editors.waitForTab(new RegExp(`shop-${index}`), longMs);
  }
  const page = workbench.editors.webview();
  const { samples } = await drawn(page);
  for (let step = 0; step < samples / 3; step += 1) await page.locator('#moment').press('ArrowLeft');
  await page.locator('#moment-said', { hasText: 'Foretold then' }).waitFor();
  await take(scene, 'past', true);
  await page.locator('#compare').click();
  await workbench.quickInput.pick(/shop-0/);
  await workbench.editors.waitForTab(/shop-1 ↔ shop-0/, longMs);
  await take(scene, 'comparison', true);
  await rm(folder, { recursive: true, force: true });
}

function recordOf({ samples, marks, state, startedAtMs }: Recording, index: number): JournalRecord {
  const domainUuid = randomUUID();
  const identity = {
    id: migrationId(domainUuid, startedAtMs),
    domainUuid,
    domainName: `shop-${index}`,
    domainTitle: undefined,
    source: 'hv1',
    startedAtMs,
  };
  return { identity, samples, marks, fields: [], state: { ...state, destination: 'hv2' } };
}

/** The form that starts a migration, once both hosts have been looked at. */
async function form(scene: Scene): Promise<void> {
  const { workbench, lab } = scene;
  await lab.startGuest('hv1', { name: 'mail', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
  await workbench.setViewport(readme.width, height);
  const open = await FormPage.open(scene, 'mail');
  await open.goTo('hv2');
  await open.check('autoConverge');
  for (const theme of allThemes) {
    await workbench.setTheme(theme);
    for (const width of widths) {
      await workbench.setViewport(width, height);
      await open.page.locator('#line').waitFor();
      await open.page.locator('body').evaluate(twoFrames);
      const name = `form-${theme}-${width}.png`;
      await workbench.screenshot(join(gallery, name));
      console.log(name);
    }
  }
}

/** A host that is emptied: one has left, two migrate, one has failed, two wait. */
async function evacuation(scene: Scene): Promise<void> {
  const { workbench, lab, hosts: tree } = scene;
  const [from, to] = [lab.host('hv1'), lab.host('hv2')];
  for (const name of ['web-1', 'web-2', 'mail', 'wiki', 'the cache of the shop’s front end']) {
    await lab.startGuest('hv1', { name, memoryMiB: 128, load: 'idle' });
  }
  const busy = await lab.startGuest('hv1', { name: 'shop-db', memoryMiB: 256, workingSetMiB: 96 });
  for (const [host, name] of [
    [to, 'wiki'],
    [from, 'old-build'],
  ] as const) {
    const file = await host.writeFile(`${name}.xml`, domainXml({ name, memoryMiB: 128 }, randomUUID()));
    await host.virsh(['define', file]);
  }
  await busy.untilHot('hv1');
  await workbench.setViewport(readme.width, height);
  await tree.waitForItem('hv1', (item) => item.description.startsWith('6 of 7 running'), longMs);
  await tree.pickFromMenu('hv1', 'Evacuate Host…');
  await workbench.quickInput.waitFor('how many', ({ title }) => title.includes('How Many at a Time'), longMs);
  await workbench.quickInput.pick('2 at a time');
  await workbench.quickInput.waitFor('options', ({ title }) => title.includes('Options'));
  await workbench.quickInput.pick('Slow');
  await workbench.dialog.waitFor(/Evacuate/, longMs);
  await workbench.dialog.click('Evacuate');
  await workbench.editors.waitForTab('Evacuate hv1', longMs);
  const page = workbench.editors.webview();
  const done = page.locator('#counts [data-count="done"] dd');
  await workbench.until('one to be done', async () => Number(await done.innerText()) > 0, longMs);
  await page.locator('.detail', { hasText: 'iteration' }).first().waitFor({ timeout: longMs });
  await workbench.notifications.clear();
  await page.locator('#actions button').first().focus();
  for (const theme of allThemes) {
    await workbench.setTheme(theme);
    for (const width of widths) {
      await workbench.setViewport(width, height);
      await page.locator('body').evaluate(twoFrames);
      const name = `evacuation-${theme}-${width}.png`;
      await workbench.screenshot(join(gallery, name));
      console.log(name);
    }
  }
  await workbench.runCommand('Libvirt: Stop Evacuation…');
  await workbench.dialog.waitFor(/Stop the evacuation/);
  await workbench.dialog.click('Stop All');
  await page.locator('#phase', { hasText: 'Stopped' }).waitFor({ timeout: longMs });
  await workbench.screenshot(join(gallery, 'evacuation-stopped.png'));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
