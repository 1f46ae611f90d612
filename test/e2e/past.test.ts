import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchText } from './firstSight.js';
import { drawn, figure, longMs, Scene } from './scene.js';

/** A second recording: what libvirt 1.0 printed, as somebody pasted it. A round is eight readings, and leaves as much as before. */
const pastedReadings = 26;
const pasted = Array.from({ length: pastedReadings }, (_, index) =>
  [
    'hv7:~# virsh domjobinfo old-db',
    'Job type:         Unbounded   ',
    `Time elapsed:     ${280_850 + index * 2000}       ms`,
    `Memory processed: ${(7.02 + index * 0.05).toFixed(3)} GiB`,
    `Memory remaining: ${(0.4 - (index % 8) * 0.05).toFixed(3)} GiB`,
    'Memory total:     2.000 GiB',
    '',
  ].join('\n'),
).join('\n');

/** Where the file goes is an argument: the dialog for it is the editor's own, and another one on a desktop. */
const bindings = (file: string) => [
  { key: 'ctrl+alt+1', command: 'libvirt.importRecording', args: { text: pasted } },
  { key: 'ctrl+alt+2', command: 'libvirt.exportJson', args: { domain: 'shop-db', file } },
  { key: 'ctrl+alt+3', command: 'libvirt.exportCsv', args: { domain: 'shop-db', file: `${file}.csv` } },
  { key: 'ctrl+alt+4', command: 'libvirt.importRecording', args: { file } },
];

describe('a migration that is over', () => {
  let scene: Scene;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recordings-'));
    file = join(folder, 'shop-db.json');
    scene = await Scene.open({ settings: { 'libvirt.notify.stuck': true } });
    await scene.workbench.setKeybindings(bindings(file));
    await scene.untilConnected();
  });
  afterAll(async () => {
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('was said to be stuck once, ended by the button of that notice, and told what it did against what was foretold', async () => {
    const { workbench } = scene;
    // Small rounds: three of them are soon over.
    const plan = { name: 'shop-db', memoryMiB: 192, workingSetMiB: 72 };
    const { guest, migrate } = await scene.startStuck(plan, { bandwidthMiBps: 24 });
    const page = await scene.openPanel(guest);
    await page.locator('#way-setMaxDowntime').waitFor({ timeout: longMs });
    const notice = await workbench.notifications.waitFor(/'shop-db' never ends at these settings/, longMs);
    expect(notice).toMatchObject({ severity: 'warning' });
    expect(notice.text).toMatch(/The way out that harms least: /);
    const button = notice.buttons.find((title) => /^Max downtime \d+ ms$/.test(title)) ?? '';
    // The same way is a button of the panel, with its finish and its freeze.
    expect(await page.locator('#way-setMaxDowntime').innerText()).toMatch(
      /Max downtime \d+ ms\s+ends in ~\d+ s\s+stands still for ≤ [\d.]+ m?s/,
    );
    // Told until the end only, which may come in a moment.
    const taken = await watchText(page.locator('#taken'), /Max downtime .* ago: foretold to end it in about/);
    await workbench.notifications.click(/shop-db/, button);
    await taken.untilSaid();
    expect(await migrate.done).toMatchObject({ code: 0 });
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await page.locator('#sentence').innerText()).toMatch(/foretold to end it in about \d+ s, and it took \d+ s/);
    expect((await workbench.notifications.all()).filter(({ text }) => text.includes('never ends'))).toEqual([]);
  });

  it('is in Past after a reload, opens as it was, and goes back to any moment by arrow keys', async () => {
    const { workbench, migrations } = scene;
    await workbench.clear();
    await workbench.reload();
    await migrations.waitForItem('Past', ({ expanded }) => expanded === true, longMs);
    await migrations.waitForItem(/shop-db → hv2/, ({ level }) => level === 2, longMs);
    await migrations.click(/shop-db/);
    await workbench.editors.waitForTab(/shop-db/);
    const page = workbench.editors.webview();
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    const { samples } = await drawn(page);
    const slider = page.locator('#moment');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^End, \d:\d\d$/);

    await slider.press('Home');
    for (let step = 0; step < 2; step += 1) await slider.press('ArrowRight');
    await page.locator('#phase', { hasText: 'Copying memory' }).waitFor();
    await workbench.until('the third reading', async () => (await drawn(page)).samples === 3);
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^0:\d\d of \d:\d\d$/);
    expect(await figure(page, 'Iteration')).toBe('1');
    expect(await page.locator('#log li').count()).toBe(0);
    const elapsed = page.locator('#fields tr[data-field="time_elapsed"] .value');
    const then = Number.parseFloat(await elapsed.innerText());
    // Long before its end it was judged, and that is told beside what came of it.
    for (let reading = 4; reading <= samples; reading += 1) {
      if ((await page.locator('#moment-said').innerText()).includes('never at these settings')) break;
      await slider.press('ArrowRight');
      // One that is overtaken is never shown.
      await workbench.until('the next reading', async () => (await drawn(page)).samples === reading);
    }
    await page
      .locator('#moment-said', { hasText: 'Foretold then: never at these settings; after it: Max downtime' })
      .waitFor();
    expect(Number.parseFloat(await elapsed.innerText())).toBeGreaterThan(then);
    await slider.press('End');
    await page.locator('#phase', { hasText: 'Completed' }).waitFor();
    await workbench.until('all readings', async () => (await drawn(page)).samples === samples);
    expect(await page.locator('#log li').count()).toBeGreaterThan(0);
    // It was told of before the reload, and is over.
    expect(await workbench.notifications.all()).toEqual([]);
  });

  it('is exported to a file that can be imported again, and compared', async () => {
    const { workbench, migrations } = scene;
    const page = workbench.editors.webview();
    await page.locator('#export-json').click();
    await workbench.quickInput.waitFor('where to', ({ title }) => title.includes('Export a Migration as JSON'));
    await workbench.quickInput.escape();

    await workbench.page.keyboard.press('Control+Alt+2');
    // It is there a moment before it is whole.
    const whole = async (): Promise<{ readonly readings: readonly unknown[] }> =>
      JSON.parse(await readFile(file, 'utf8')) as { readonly readings: readonly unknown[] };
    const exported = await workbench.until('the file', whole, longMs);
    const { samples } = await drawn(page);
    expect(exported.readings).toHaveLength(samples);

    await workbench.page.keyboard.press('Control+Alt+3');
    const rows = await workbench.until(
      'the CSV',
      async () => {
        const text = await readFile(`${file}.csv`, 'utf8');
        return text === '' ? undefined : text;
      },
      longMs,
    );
    expect(rows).toMatch(/^domain,.*\r\nshop-db,/);
    expect(rows).toContain('Max downtime');

    await workbench.page.keyboard.press('Control+Alt+4');
    await migrations.waitForItem('Imported', () => true, longMs);
    await workbench.until('its panel', async () => (await workbench.editors.tabs()).length === 2);
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    await workbench.until('its readings', async () => (await drawn(page)).samples === samples);

    // And pasted text of an old libvirt, with neither iteration nor dirty rate, gets its verdict.
    await workbench.page.keyboard.press('Control+Alt+1');
    await workbench.editors.waitForTab(/old-db/, longMs);
    await page.locator('#sentence', { hasText: 'By its last reading: it never ends at these settings' }).waitFor();

    await page.locator('#compare').click();
    await workbench.quickInput.waitFor('which', ({ placeholder }) => placeholder.includes('Compare old-db'));
    await workbench.quickInput.pick(/shop-db → hv2/);
    await workbench.editors.waitForTab('old-db ↔ shop-db', longMs);
    expect(await page.locator('#figures-table').locator('[data-row="Result"]').innerText()).toMatch(
      /end not seen\s+completed/,
    );
    await page.locator(`#charts[data-samples="${pastedReadings} ${samples}"]`).waitFor();
    expect(await page.locator('#chart-remaining .plot').getAttribute('aria-label')).toMatch(
      /A · old-db .*iB, B · shop-db/,
    );
  });
});
