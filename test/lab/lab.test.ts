import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Guest, Lab, labMissing } from './lab.js';
import { startRelay } from './relay.js';
import { run } from './run.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));
const missing = labMissing();
// A machine that can't run the lab skips it; CI must not.
const skip = missing !== undefined && process.env['CI'] === undefined;

describe.skipIf(skip)('the lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.up();
  });
  afterAll(async () => {
    await lab.down();
  });

  it('has two machines, reached by SSH with its own files', async () => {
    const hosts = await Promise.all(
      (['hv1', 'hv2'] as const).map(async (name) => {
        const line = 'hostname; virsh capabilities | grep -m1 uuid; ls -A ~ | wc -l';
        const { stdout, stderr, code } = await run(['ssh', '-F', lab.sshConfig, '-o', 'BatchMode=yes', name, line]);
        expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
        return stdout.split('\n');
      }),
    );
    expect(hosts.map(([hostname]) => hostname)).toEqual(['hv1', 'hv2']);
    expect(hosts[0]?.[1]).not.toEqual(hosts[1]?.[1]);
    expect(hosts.map(([, , files]) => files)).toEqual(['0', '0']);
  });

  it('is not taken from under the one who has it', async () => {
    const up = await cli('up');
    expect(up.stderr).toBe(`A lab is up already and belongs to process ${process.pid}.\n`);
    const down = await cli('down');
    expect(down.stderr).toBe(`The lab belongs to process ${process.pid}: end that, or use --force.\n`);
    expect([up.code, down.code]).toEqual([1, 1]);
    expect(await lab.host('hv1').domains()).toEqual([]);
  });

  it('has a hot guest stuck at 20 MiB/s; a longer downtime lets it go, and it goes on', async () => {
    const guest = await lab.startGuest('hv1', { name: 'hot', memoryMiB: 256, workingSetMiB: 120 });
    await guest.untilHot();
    const migration = lab.migrate(guest, 'hv1', 'hv2');
    const samples = await samplesUntilIteration(lab, guest, 4);
    expect(risesAtBoundary(samples)).toBeGreaterThanOrEqual(2);
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('paused (migrating)');

    await lab.host('hv1').virsh(['migrate-setmaxdowntime', guest.uuid, '12000']);
    expect(await migration.done).toMatchObject({ code: 0, stderr: '' });
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBeUndefined();
    expect(await lab.host('hv2').stateOf(guest.uuid)).toBe('running (migrated)');
    const last = (await guest.lastBeat('hv1')) ?? 0;
    await guest.untilBeatAfter('hv2', last + 1);
    // No beat is lost or said twice; the one in between may be cut in two.
    const first = (await guest.beats('hv2'))[0]?.count ?? 0;
    expect(first - last).toBeGreaterThanOrEqual(1);
    expect(first - last).toBeLessThanOrEqual(2);
    await guest.destroy();
  });

  it('has a cool guest that converges by itself', async () => {
    const guest = await lab.startGuest('hv2', { name: 'cool', memoryMiB: 128, workingSetMiB: 24, load: 'cool' });
    await guest.untilHot();
    const { code } = await lab.migrate(guest, 'hv2', 'hv1').done;
    expect(code).toBe(0);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toBe('running (migrated)');
    await guest.destroy();
  });

  it('takes any name and title that libvirt takes', async () => {
    const name = `-rf "a" 'b' $(id) \`id\` <b>&amp; 🦆 # ; | \\`;
    const title = `${'"<&>\'\t'.repeat(2000)}event 'lifecycle' for domain 'x': Stopped Failed`;
    const guest = await lab.startGuest('hv1', { name, title, load: 'idle', memoryMiB: 128 });
    const host = lab.host('hv1');
    expect(await host.virsh(['domname', guest.uuid])).toBe(`${name}\n\n`);
    // Too long a text to be printed when it differs.
    expect((await host.virsh(['desc', '--title', guest.uuid])) === `${title}\n`).toBe(true);
    await guest.destroy();
    expect(await host.domains()).toEqual([]);
  });

  it('has further sshds with settings of their own, and distance', async () => {
    const extra = await lab.host('hv2').startSshd(2222, ['MaxSessions 1', 'Banner /etc/hosts']);
    const relay = await startRelay(extra.address, extra.port, 50);
    const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-p', String(relay.port)];
    const began = performance.now();
    const { stdout, stderr } = await run(['ssh', ...options, '-i', lab.clientKey, 'root@127.0.0.1', 'hostname']);
    expect(stdout).toBe('hv2\n');
    expect(stderr).toContain('10.213.77.1 hv1');
    // A connection is some eight round trips; without the relay all of it takes less than a tenth of a second.
    expect(performance.now() - began).toBeGreaterThan(5 * 50);
    await relay.close();
    await extra.stop();
  });

  it('goes down without a trace', async () => {
    await lab.startGuest('hv1', { name: 'left', load: 'idle', memoryMiB: 128 });
    const processes = await hostProcesses(lab);
    expect(processes.length).toBeGreaterThan(8);
    await lab.down();
    expect([...processes.filter(lives), ...(await traces(lab))]).toEqual([]);
  });

  it('is cleared by the next run when one was killed', async () => {
    const other = await upInAnotherProcess();
    const left = await Lab.find();
    expect(left).toBeDefined();
    const processes = left === undefined ? [] : await hostProcesses(left);
    other.kill('SIGKILL');
    await once(other, 'exit');

    lab = await Lab.up();
    expect(processes.length).toBeGreaterThan(8);
    expect(processes.filter(lives)).toEqual([]);
    expect(await lab.host('hv1').domains()).toEqual([]);
    await lab.down();
    expect(await traces(lab)).toEqual([]);
  });
});

function cli(...words: string[]): Promise<{ stderr: string; code: number }> {
  return run([process.execPath, '--import', 'tsx', `${folder}cli.ts`, ...words]);
}

/** Brings the lab up, with a guest, in a process of its own. */
async function upInAnotherProcess(): Promise<ChildProcess> {
  const code = `
    const { Lab } = require(${JSON.stringify(`${folder}lab.ts`)});
    Lab.up().then(async (lab) => {
      await lab.startGuest('hv1', { name: 'g', load: 'idle', memoryMiB: 128 });
      console.log('up');
      setInterval(() => undefined, 1000);
    });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', resolve);
    child.on('exit', () => reject(new Error('the other process ended')));
  });
  return child;
}

interface Sample {
  readonly iteration: number;
  readonly remaining: number;
}

async function samplesUntilIteration(lab: Lab, guest: Guest, iteration: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  while ((samples.at(-1)?.iteration ?? 0) < iteration) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const text = await lab.host('hv1').virsh(['domjobinfo', '--rawstats', guest.uuid]);
    const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    samples.push({ iteration: field('memory_iteration'), remaining: field('memory_remaining') });
  }
  return samples;
}

/** How often the remaining memory was more at the beginning of a round than at the end of the one before. */
function risesAtBoundary(samples: readonly Sample[]): number {
  return samples.filter((sample, index) => {
    const before = samples[index - 1];
    return before !== undefined && before.iteration < sample.iteration && before.remaining < sample.remaining;
  }).length;
}

/** What a lab leaves where one can look: files, namespaces, links, mounts. */
async function traces(lab: Lab): Promise<readonly string[]> {
  const { stdout: namespaces } = await run(['ip', 'netns', 'list']);
  const { stdout: links } = await run(['ip', '-brief', 'link']);
  const lines = [namespaces, links, await readFile('/proc/self/mounts', 'utf8')].join('\n').split('\n');
  const found = lines.filter((line) => line.startsWith('llm-') || line.includes(lab.stateFolder));
  return existsSync(lab.stateFolder) ? [...found, lab.stateFolder] : found;
}

/** Every process that lives in a host: its daemons, its guests. */
async function hostProcesses(lab: Lab): Promise<readonly number[]> {
  const [hv1, hv2] = await Promise.all([lab.host('hv1'), lab.host('hv2')].map(({ pid }) => processNamespace(pid)));
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid));
  const namespaces = await Promise.all(pids.map(processNamespace));
  return pids.filter((_pid, index) => [hv1, hv2].includes(namespaces[index] ?? 'none'));
}

/** Undefined for a process that has ended. */
function processNamespace(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
}

function lives(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
