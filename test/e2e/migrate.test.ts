import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defaultOptions, isOffered, migrationOptions } from '../../src/migration/start/options.js';
import { FormPage } from './formPage.js';
import { longMs, Scene } from './scene.js';
import { migrateOptionsOf, migratingVirshs } from './virshOnHost.js';

/** A virsh that knows none of these options, which are given as sed would find them. */
function virshWithout(options: string): string {
  return `#!/bin/sh
virsh "$@" | sed -u 's/--\\(${options}\\)/(left out)/g'
`;
}

const olderOptions = String.raw`\(auto-converge\|postcopy\|timeout-postcopy\|parallel\|comp\|tls\|zerocopy\)[a-z-]*`;
/** All that the form's options need. */
const allOptions = [
  ...new Set(
    migrationOptions.flatMap((option) =>
      [option, ...('choices' in option ? option.choices : [])].flatMap(({ needs }) => needs),
    ),
  ),
]
  .map((word) => word.replace('--', ''))
  .join(String.raw`\|`);

describe('the form that starts a migration', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open({
      settings: {
        'libvirt.hosts': [
          { name: 'hv1', destination: 'hv1' },
          { name: 'hv2', destination: 'hv2' },
          // hv1 again, by virshs that are there only once a test wants them.
          { name: 'old', destination: 'hv1', virsh: '/run/bin/few-options' },
          { name: 'bare', destination: 'hv1', virsh: '/run/bin/no-options' },
        ],
      },
    });
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  it('starts what its line says: each option reaches virsh on the source, the panel opens in its place, and it is remembered', async () => {
    const { workbench, lab } = scene;
    const guest = await lab.startGuest('hv1', { name: 'form-1', rateMiBps: 60 });
    await lab.startGuest('hv1', { name: 'form-2', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    await guest.untilHot('hv1');
    const form = await FormPage.open(scene, 'form-1');
    await form.goTo('hv2');
    expect(await form.page.locator('#way-note').innerText()).toMatch(/hv2/);
    expect(await form.page.locator('#preflight-summary').innerText()).not.toMatch(/failed/);

    await form.type('bandwidthMiBps', '20');
    await form.check('autoConverge');
    await form.type('autoConvergeInitialPercent', '15');
    await form.type('autoConvergeIncrementPercent', '5');
    await form.check('postcopy');
    await form.type('postcopyBandwidthMiBps', '30 MiB/s');
    await form.check('compressionMethods-xbzrle');
    await form.type('xbzrleCacheMiB', '128');
    await form.type('timeoutSeconds', '3000');
    await form.page.locator('#field-timeoutAction').selectOption('postcopy');
    const line = await form.untilLine((text) => text.includes('--timeout-postcopy'));
    const words = line.split(' ');
    const asked = [
      ['--live'],
      ['--p2p'],
      ['--bandwidth', '20'],
      ['--auto-converge'],
      ['--auto-converge-initial', '15'],
      ['--auto-converge-increment', '5'],
      ['--postcopy'],
      ['--postcopy-bandwidth', '30'],
      ['--compressed'],
      ['--comp-methods', 'xbzrle'],
      ['--comp-xbzrle-cache', String(128 * 1024 * 1024)],
      ['--timeout', '3000'],
      ['--timeout-postcopy'],
    ];
    for (const option of asked) expect(` ${line} `).toContain(` ${option.join(' ')} `);
    await form.migrate();

    await workbench.editors.waitForTab(/form-1 → hv2/, longMs);
    await workbench.until(
      'the form to give way',
      async () => !(await workbench.editors.tabs()).includes('Migrate form-1'),
    );
    const [virsh, ...more] = await migratingVirshs(lab.host('hv1'));
    expect(more).toEqual([]);
    // Word for word what was shown, whatever stands before them.
    const shown = words.slice(words.indexOf('migrate'));
    expect(virsh?.slice(virsh.indexOf('migrate'))).toEqual(shown);

    // The same pair of hosts, another guest: the last choice is there, and a preset takes its place.
    const again = await FormPage.open(scene, 'form-2');
    await again.goTo('hv2');
    expect(await again.value('bandwidthMiBps')).toBe('20');
    expect(await again.value('xbzrleCacheMiB')).toBe('128');
    await again.page.locator('#field-preset').selectOption('preset Fast link');
    const fast = await again.untilLine((text) => text.includes('--parallel-connections 4'));
    expect(fast).not.toMatch(/--bandwidth|--auto-converge|--postcopy/);
    await again.close();
  });

  it('has a forecast in its first round already, by what the pre-flight measured, and says so', async () => {
    const { workbench, lab } = scene;
    const plan = { name: 'measured', load: 'idle', rateMiBps: 0, workingSetMiB: 64, memoryMiB: 256 } as const;
    await (await lab.startGuest('hv1', plan)).untilHot('hv1');
    const form = await FormPage.open(scene, 'measured');
    await form.goTo('hv2');
    await form.takePlain();
    await form.type('bandwidthMiBps', '5');
    await form.untilLine((text) => text.includes('--bandwidth 5'));
    await form.migrate();
    await workbench.editors.waitForTab(/measured → hv2/, longMs);
    const page = workbench.editors.webview();
    const byMeasurement =
      /^Iteration 1: .*That is by the (one second that was measured before|\d+ seconds that were measured)\.$/;
    await page.locator('#sentence', { hasText: byMeasurement }).waitFor({ timeout: longMs });
    await page.locator('#sentence', { hasText: /The migration to hv2 is complete/ }).waitFor({ timeout: longMs });
  });

  it('keeps what is chosen as a preset of the settings, offers it from then on, and says what is wrong with one', async () => {
    const { workbench, hosts, lab } = scene;
    await lab.startGuest('hv1', { name: 'preset-1', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const form = await FormPage.open(scene, 'preset-1');
    await form.goTo('hv2');
    const preset = form.page.locator('#field-preset');
    await form.takePlain();
    await form.fill({ autoConverge: true, bandwidthMiBps: '1 GiB/s', timeoutSeconds: '600' });
    const isChosen = (text: string): boolean => text.includes('--auto-converge --timeout 600 --bandwidth 1024');
    const line = await form.untilLine(isChosen);
    await form.page.locator('#save-preset').click();
    await workbench.quickInput.waitFor('a name to be asked for', ({ title }) => title === 'Save as Preset');
    await workbench.quickInput.type('  ');
    await workbench.quickInput.waitFor(
      'what is wrong with no name',
      ({ isError, message }) => isError && message.includes('needs a name'),
    );
    await workbench.quickInput.type('To "rack" 2');
    await workbench.quickInput.accept();
    await workbench.until('the preset', async () => (await preset.inputValue()) === 'preset To "rack" 2');
    expect(await workbench.filesWith(JSON.stringify('To "rack" 2'))).toContainEqual(
      expect.stringMatching(/User\/settings\.json$/),
    );
    await form.close();

    const next = await FormPage.open(scene, 'preset-1');
    await next.goTo('hv2');
    const { page } = next;
    await page.locator('#field-preset').selectOption('preset Fast link');
    await next.untilLine((text) => text.includes('--parallel-connections 4'));
    await page.locator('#field-preset').selectOption('preset To "rack" 2');
    expect(await next.untilLine(isChosen)).toBe(line);
    await next.close();

    const presets = {
      'To "rack" 2': { bandwidthMiBps: 30 },
      Hasty: { bandwidthMiBps: '10 Gbit' },
      Misspelt: { autoconverge: true },
      Listed: ['autoConverge'],
    };
    await workbench.editSettings({ 'libvirt.migrate.presets': presets });
    await hosts.waitForItem(/^Preset "Hasty": .*bandwidthMiBps: "10 Gbit" has the unit "Gbit"/);
    await hosts.waitForItem(/^Preset "Misspelt": .*"autoconverge" is none of them, "autoConverge" is/);
    await hosts.waitForItem(/^Preset "Listed": it must be an object of options/);
    const last = await FormPage.open(scene, 'preset-1');
    await last.goTo('hv2');
    expect(await last.page.locator('#field-preset option').allInnerTexts()).toEqual([
      'As chosen below',
      'Plain',
      'Careful',
      'Busy guest',
      'Fast link',
      'To "rack" 2',
    ]);
    await workbench.editSettings({ 'libvirt.migrate.presets': {} });
    await workbench.until(
      'no complaint',
      async () => !(await hosts.items()).some(({ label }) => label.startsWith('Preset')),
    );
  });

  it('opens for a guest that is dragged onto another host, and says why where it can’t go', async () => {
    const { workbench, hosts, lab } = scene;
    await lab.startGuest('hv1', { name: 'dragged', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    await hosts.waitForItem('dragged', () => true, longMs);
    await hosts.drag('dragged', 'hv1');
    await workbench.notifications.waitFor(/dragged is on hv1 already/);
    await hosts.drag('dragged', 'hv2');
    const form = await FormPage.opened(scene, 'dragged');
    expect(await form.value('destination')).toBe('host hv2');
  });

  it('says at the field what is wrong, sends nothing, and Escape leads out of it', async () => {
    const { workbench, lab } = scene;
    const guest = await lab.startGuest('hv1', { name: 'typed', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const form = await FormPage.open(scene, 'typed');
    const { page } = form;
    await page.locator('#field-destination:focus').waitFor();
    await form.goTo('hv2');
    expect(await page.locator('#field-destination option[value="host hv1"]').count()).toBe(0);
    const isBad = async (field: string, text: string, problem: RegExp): Promise<void> => {
      const before = await form.value(field);
      await form.type(field, text);
      await workbench.until(`what is wrong with ${text}`, async () => problem.test(await form.problem(field)));
      await page.locator('#migrate[aria-disabled="true"]').waitFor();
      expect(await page.locator('#line').isVisible()).toBe(false);
      // The key that migrates does not, and takes nothing away.
      await page.locator(`#field-${field}`).press('Control+Enter');
      expect(await form.value(field)).toBe(text);
      expect(await form.problem(field)).toMatch(problem);
      await form.type(field, before);
      await form.untilLine((line) => line !== '');
    };
    const touched = '/run/touched';
    await isBad('bandwidthMiBps', '-5', /negative/);
    await isBad('bandwidthMiBps', '20 MB', /unit "MB"/);
    await isBad('bandwidthMiBps', '10 Gbit', /unit "Gbit"/);
    await isBad('bandwidthMiBps', '1,5', /not a speed/);
    await isBad('timeoutSeconds', '5 ms', /unit "ms"/);
    await isBad('timeoutSeconds', '5 sekunds', /unit "sekunds"/);
    await isBad('parallelConnections', '1,5', /no number/);
    await isBad('parallelConnections', '256', /too large/);
    await isBad('destinationUri', 'qemu+ssh://hv2/system;reboot', /holds ;/);
    await isBad('destinationUri', 'qemu+ssh://hv1/system', /source itself/);
    await isBad('destinationUri', `qemu+tcp://hv2/$(touch\${IFS}${touched})`, /holds \$/);
    await isBad('destinationUri', `qemu+tcp://hv2/'|touch<${touched}'`, /holds '/);
    await isBad('destinationUri', `qemu+tcp://hv2/"&"`, /holds "/);
    await isBad('destinationUri', `qemu+tcp://hv2/%0atouch%20${touched}`, /hides control characters/);
    await isBad('migrationUri', 'tcp://$(reboot)', /holds \$/);
    await isBad('migrationUri', `tcp://\`touch ${touched}\``, /holds spaces/);
    expect((await lab.host('hv1').exec(['ls', touched])).code).not.toBe(0);
    expect(await migratingVirshs(lab.host('hv1'))).toEqual([]);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);

    // Escape takes back what was typed, goes to Cancel, and closes from there.
    const speed = page.locator('#field-bandwidthMiBps');
    const before = await speed.inputValue();
    await speed.focus();
    await speed.selectText();
    await workbench.page.keyboard.type('77');
    await form.untilLine((line) => line.includes('--bandwidth 77'));
    await workbench.page.keyboard.press('Escape');
    await form.untilLine((line) => line !== '' && !line.includes('--bandwidth 77'));
    expect(await speed.inputValue()).toBe(before);
    await workbench.page.keyboard.press('Escape');
    await page.locator('#cancel:focus').waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.until(
      'the form to be closed',
      async () => !(await workbench.editors.tabs()).includes('Migrate typed'),
    );
  });

  it('asks before it starts what the pre-flight would not, and shows libvirt’s words when it is refused', async () => {
    const { workbench, lab } = scene;
    const guest = await lab.startGuest('hv1', { name: 'refused', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const form = await FormPage.open(scene, 'refused');
    await form.page.locator('#field-destination').selectOption('uri');
    await form.type('destinationUri', 'qemu+tcp://no-such-host.invalid/system');
    await form.page.locator('#checks [data-check="reachable"][data-verdict="failed"]').waitFor({ timeout: longMs });
    await form.untilLookedAt();
    await form.migrate();
    const { message, detail } = await workbench.dialog.waitFor();
    expect(message).toMatch(/'refused' although/);
    expect(detail).toContain('no-such-host.invalid');
    await workbench.dialog.click('Migrate Anyway');
    await form.page.locator('#refusal').waitFor({ timeout: longMs });
    expect(await form.page.locator('#refusal').innerText()).toContain('no-such-host.invalid');
    expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
  });

  it('shows none of the options that the source’s virsh lacks, and each that it has', async () => {
    const { hosts, lab } = scene;
    const source = lab.host('hv1');
    await source.exec(['mkdir', '-p', '/run/bin']);
    await source.writeFile('run/bin/few-options', virshWithout(olderOptions), 0o755);
    await source.writeFile('run/bin/no-options', virshWithout(allOptions), 0o755);
    await lab.startGuest('hv1', { name: 'old-1', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    /** The form of the first of the hosts that is not collapsed: the guest is seen by all names of its host. */
    const formOf = async (host: string, above: string): Promise<FormPage> => {
      await hosts.collapse(above);
      await hosts.inlineAction(host, 'Connect Host');
      await hosts.waitForItem(host, (item) => item.description.includes('1 of 1 running'), longMs);
      const form = await FormPage.open(scene, 'old-1');
      await form.goTo('hv2');
      await form.page.locator('#field-preset').selectOption('preset Busy guest');
      const leftOut = new RegExp(`${host} does not have it: .*Auto-converge, Allow post-copy`);
      await form.page.locator('#left-out', { hasText: leftOut }).waitFor();
      return form;
    };
    const fieldsOf = async (form: FormPage): Promise<string[]> => {
      const here: string[] = [];
      for (const { key } of migrationOptions) if (await form.has(key)) here.push(key);
      return here;
    };
    const offered = (known: ReadonlySet<string>): string[] =>
      migrationOptions
        .filter((option) => isOffered(option, known) && option.dependsOn?.met(defaultOptions(false)) !== false)
        .map(({ key }) => key);

    const old = await formOf('old', 'hv1');
    const known = await migrateOptionsOf(source, '/run/bin/few-options');
    const shown = await fieldsOf(old);
    expect(shown).toEqual(offered(known));
    expect(shown).toEqual(expect.arrayContaining(['live', 'p2p', 'bandwidthMiBps', 'storage', 'timeoutSeconds']));
    expect(shown).not.toContain('autoConverge');
    await old.fill({ timeoutSeconds: '60' });
    await old.page.locator('#field-timeoutAction').waitFor();
    expect(await old.page.locator('#field-timeoutAction option').allInnerTexts()).toEqual(['Pause the guest']);
    expect(await old.untilLine((line) => line.includes('--timeout 60'))).not.toMatch(/auto-converge|postcopy/);
    await old.close();

    const bare = await formOf('bare', 'old');
    // That its disks are shared needs no option.
    expect(await fieldsOf(bare)).toEqual(['storage']);
    expect(await bare.page.locator('#field-storage option').allInnerTexts()).toEqual(['Shared']);
    const line = await bare.untilLine((text) => text !== '');
    expect(line).toMatch(/ migrate -- [0-9a-f-]{36} /);
  });
});
