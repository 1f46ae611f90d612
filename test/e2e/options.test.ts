import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Choice, isOffered, migrationOptions } from '../../src/migration/start/options.js';
import { diskPath } from '../lab/domainXml.js';
import type { LabHost } from '../lab/lab.js';
import { type Filled, FormPage } from './formPage.js';
import { longMs, Scene } from './scene.js';
import { migrateOptionsOf, migratingVirshs } from './virshOnHost.js';

/** What is filled in by hand after the preset Plain, and the words that virsh is given for it. */
interface Proof {
  readonly fill: Filled;
  readonly words: string;
}

/** So slow that there is time to look at it, and to give it up. */
const bandwidthMiBps = '1';

/** Given up once virsh has been looked at. */
const begun: readonly Proof[] = [
  {
    fill: {
      autoConverge: true,
      autoConvergeInitialPercent: '15',
      autoConvergeIncrementPercent: '5 %',
      postcopy: true,
      timeoutSeconds: '3000 s',
      timeoutAction: 'postcopy',
      compressionMethods: ['xbzrle'],
      xbzrleCacheMiB: '128',
      bandwidthMiBps,
      postcopyBandwidthMiBps: '1 GiB/s',
      storage: 'shared',
    },
    words:
      '--live --persistent --undefinesource --auto-converge --auto-converge-initial 15 --auto-converge-increment 5 --postcopy ' +
      '--timeout 3000 --timeout-postcopy --compressed --comp-methods xbzrle --comp-xbzrle-cache 134217728 --bandwidth 1 ' +
      '--postcopy-bandwidth 1024 --p2p',
  },
  {
    fill: {
      live: false,
      persistent: false,
      undefineSource: false,
      p2p: false,
      compressionMethods: ['mt'],
      bandwidthMiBps,
    },
    words: '--compressed --comp-methods mt --bandwidth 1',
  },
  {
    fill: {
      timeoutSeconds: '900',
      timeoutAction: 'suspend',
      parallelConnections: '3',
      storage: 'copyIncremental',
      bandwidthMiBps,
    },
    words:
      '--live --persistent --undefinesource --timeout 900 --bandwidth 1 --parallel --parallel-connections 3 --copy-storage-inc --p2p',
  },
];

/** Brings a guest with a disk to its destination. */
const arriving: Proof = {
  // So slowly that it can be met on its way.
  fill: { storage: 'copyAll', tls: true, bandwidthMiBps: '20' },
  words: '--live --persistent --undefinesource --bandwidth 20 --copy-storage-all --p2p --tls',
};

/** Refused by QEMU, which may not lock a guest's memory here. */
const refused: Proof = {
  fill: { parallelConnections: '2', zeroCopy: true, bandwidthMiBps },
  words: '--live --persistent --undefinesource --bandwidth 1 --parallel --parallel-connections 2 --zerocopy --p2p',
};

/** What is filled in, a line an option, and a line a choice of one that has several. */
function provedBy({ fill }: Proof): string[] {
  return Object.entries(fill).flatMap(([key, value]) => {
    if (Array.isArray(value)) return value.map((member) => `${key} ${String(member)}`);
    return migrationOptions.some((option) => option.key === key && option.kind === 'choice')
      ? [`${key} ${String(value)}`]
      : [key];
  });
}

/** All that there is to prove, in the same lines. */
function allLines(has: (option: Pick<Choice<string>, 'needs'>) => boolean): string[] {
  return migrationOptions.filter(has).flatMap((option) => {
    if (!('choices' in option)) return [option.key];
    const choices: readonly Choice<string>[] = option.choices;
    return choices.filter(has).map(({ value }) => `${option.key} ${value}`);
  });
}

describe('the options of the form that starts a migration', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.open();
    await scene.untilConnected();
  });
  afterEach(async () => scene.clear());
  afterAll(async () => scene.close());

  const source = (): LabHost => scene.lab.host('hv1');
  const idle = { load: 'idle', workingSetMiB: 8, memoryMiB: 128, persistent: true } as const;

  /** The guest's form, filled in; resolves with it and the words of its line, from `migrate` on. */
  async function filledForm(guest: string, { fill, words }: Proof): Promise<{ form: FormPage; line: string[] }> {
    const form = await FormPage.open(scene, guest);
    await form.goTo('hv2');
    await form.takePlain();
    await form.fill(fill);
    const line = (await form.untilLine((text) => text.includes(` migrate ${words} -- `))).split(' ');
    // How the disks come along, and by which way, is looked at anew.
    await form.untilLookedAt();
    return { form, line: line.slice(line.indexOf('migrate')) };
  }

  it('are all proved here, but for those that this libvirt lacks', async () => {
    const known = await migrateOptionsOf(source());
    const proved = new Set([...begun, arriving, refused].flatMap(provedBy));
    expect([...proved].sort()).toEqual(allLines((option) => isOffered(option, known)).sort());
  });

  it('reach virsh on the source as they were typed', async () => {
    const { lab, workbench } = scene;
    const guest = await lab.startGuest('hv1', { name: 'typed', ...idle });
    for (const proof of begun) {
      const { form, line } = await filledForm('typed', proof);
      await form.migrate();
      await workbench.editors.waitForTab(/typed → hv2/, longMs);
      const [virsh, ...more] = await migratingVirshs(source());
      expect(more).toEqual([]);
      expect(virsh?.slice(virsh.indexOf('migrate'))).toEqual(line);
      await source().virsh(['domjobabort', guest.uuid]);
      const page = workbench.editors.webview();
      await page.locator('#phase', { hasText: /Aborted|Failed|Ended/ }).waitFor({ timeout: longMs });
      await workbench.clear();
    }
  });

  it('take a disk along, byte by byte, by TLS', async () => {
    const { lab, workbench } = scene;
    const guest = await lab.startGuest('hv1', { name: 'with-disk', ...idle, diskMiB: 16 });
    const sum = async (host: LabHost): Promise<string> => (await host.exec(['sha256sum', diskPath(guest.uuid)])).stdout;
    const before = await sum(source());
    expect(before).toMatch(/^[0-9a-f]{64} /);
    expect(await sum(lab.host('hv2'))).not.toBe(before);
    const { form } = await filledForm('with-disk', arriving);
    expect(await form.page.locator('#preflight-summary').innerText()).not.toMatch(/failed/);
    await form.migrate();
    await workbench.editors.waitForTab(/with-disk → hv2/, longMs);
    const page = workbench.editors.webview();
    await page.locator('#phase', { hasText: 'Completed' }).waitFor({ timeout: longMs });
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    expect(await lab.host('hv2').virsh(['dominfo', guest.uuid])).toMatch(/^Persistent: +yes$/m);
    expect(await source().stateOf(guest.uuid)).toBeUndefined();
    expect(await sum(lab.host('hv2'))).toBe(before);
    await guest.untilBeatAfter('hv2', 0);
  });

  it('that libvirt refuses are sent as typed and come back with its own words, and stay in the form', async () => {
    const { lab, workbench } = scene;
    const guest = await lab.startGuest('hv1', { name: 'refused', ...idle });
    const { form, line } = await filledForm('refused', refused);
    await form.migrate();
    const refusal = form.page.locator('#refusal');
    await refusal.waitFor({ timeout: longMs });
    expect(await refusal.innerText()).toMatch(/locked memory|zero.?copy/i);
    expect(await workbench.output.text('Libvirt')).toContain(line.join(' '));
    expect(await form.value('parallelConnections')).toBe('2');
    expect(await form.page.locator('#field-zeroCopy').isChecked()).toBe(true);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBe('running (booted)');
  });
});
