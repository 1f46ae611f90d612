import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Lab } from './lab.js';
import { stateFolder } from './layout.js';
import { run, type RunResult, until } from './run.js';

/** `npm run lab -- WORDS`, as somebody types it. */
function lab(...words: readonly string[]): Promise<RunResult> {
  return run(['npm', 'run', '--silent', 'lab', '--', ...words]);
}

/** What it printed, when all went well. */
async function told(...words: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await lab(...words);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout;
}

describe('npm run lab', () => {
  // Whatever failed, and whoever it belongs to: the next test brings up its own.
  afterAll(() => Lab.down(true));

  it('tells what it can do, and what it can’t', async () => {
    const usage = await told('--help');
    for (const command of ['up', 'status', 'guest NAME', 'migrate NAME', 'virsh HOST', 'ssh HOST', 'down']) {
      expect(usage).toContain(`\n  ${command}`);
    }
    expect(await told()).toBe(usage);
    expect(await lab('dance')).toEqual({
      stdout: '',
      stderr: 'there is no command "dance": npm run lab -- --help\n',
      code: 1,
    });
  });

  it('is down until somebody brings it up, and says so to whoever wants something of it', async () => {
    expect(await told('status')).toBe('down\n');
    expect(await lab('guest', 'web-1')).toMatchObject({ stderr: 'no lab is up: npm run lab -- up\n', code: 1 });
  });

  it('brings up two hosts, a guest and its migration, which goes on without it, and takes all of it down', async () => {
    const up = await told('up');
    expect(up).toMatch(/^up; ssh -F \S+ hv1\n$/);
    expect(await told('status')).toMatch(/^up; ssh .*\n\nhv1 [\d.]+: no domains\n\nhv2 [\d.]+: no domains\n$/);
    expect((await lab('up')).stderr).toMatch(/brought up by hand.*npm run lab -- down/);
    expect(await told('ssh', 'hv2', 'hostname')).toBe('hv2\n');

    expect(await lab('guest', 'web-1', '--load', 'warm')).toMatchObject({
      stderr: 'there is no load "warm": idle, cool, hot, bursty, stops, starts\n',
      code: 1,
    });
    expect(await lab('guest', 'web-1', '--memory', 'much')).toMatchObject({
      stderr: '--memory must be a whole number, not "much"\n',
      code: 1,
    });
    const guest = await told('guest', 'web-1', '--memory', '256', '--working-set', '104', '--title', 'The shop');
    const uuid = /^web-1 \((\S+)\) boots on hv1\nits load runs\n$/.exec(guest)?.[1] ?? '';
    expect(await told('virsh', 'hv1', 'desc', '--title', uuid)).toBe('The shop\n');

    expect(await told('migrate', 'web-1', '--bandwidth', '10')).toBe(
      `web-1 migrates: npm run lab -- virsh hv1 domjobinfo ${uuid}\n`,
    );
    const memory = await until(
      'its memory',
      async () => /Memory total: +\S+ MiB/.exec(await told('status')) ?? undefined,
      30_000,
    );
    expect(memory.input).toMatch(new RegExp(`hv1 \\S+\n  web-1  ${uuid}  running`));
    expect(memory.input).toMatch(new RegExp(`hv2 \\S+\n  web-1  ${uuid}  paused \\(migrating\\)`));
    // A refusal is virsh's own, and so is its exit code.
    expect((await lab('virsh', 'hv1', 'migrate-postcopy', 'web-1')).code).toBe(1);
    await told('virsh', 'hv1', 'migrate-setmaxdowntime', 'web-1', '20000');
    await until(
      'its arrival',
      async () => (await lab('virsh', 'hv2', 'domstate', '--reason', 'web-1')).stdout.includes('migrated') || undefined,
      60_000,
    );
    expect(await told('migrate', 'web-1', '--from', 'hv2', '--to', 'hv1', '--bandwidth', '0', '--wait')).toBe('done\n');
    expect(await told('virsh', 'hv1', 'domstate', '--reason', 'web-1')).toBe('running (migrated)\n\n');

    expect(await told('down')).toBe('down\n');
    expect(existsSync(stateFolder)).toBe(false);
    expect(await told('status')).toBe('down\n');
  });
});
