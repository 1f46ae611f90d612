import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clearStarts, lookAfter, prepareStart, sendStart, type Told } from '../../../src/virsh/detach.js';
import type { ShellScript } from '../../../src/virsh/script.js';
import { scriptText } from '../../../src/virsh/scriptRunner.js';
import { until } from '../../editor/waiting.js';

/** Stands in for virsh: writes down its words, waits until it is told to end, and ends with the code that it is told. */
const fakeVirsh = `#!/bin/sh
echo run >>"$0.runs"
umask >"$0.umask"
for word; do printf '%s\\0' "$word"; done >"$0.words"
while [ ! -e "$0.end" ]; do [ -e "$0" ] || exit 1; sleep 0.05; done
read -r code <"$0.end"
echo "to stdout"
echo "error: to stderr > @ x ended 0 0" >&2
exit "$code"
`;

/** Those of them that are here: Debian's sh is dash. */
const shells = ['sh', 'bash', 'bash --posix', 'busybox sh', 'mksh'].filter(
  (sh) => spawnSync(sh.split(' ')[0] ?? sh, ['--help']).error === undefined,
);

describe('a virsh that is run detached', () => {
  const folder = mkdtempSync(join(tmpdir(), 'libvirt-detach-'));
  const virsh = join(folder, 'virsh');
  const used: string[] = [];

  beforeAll(() => {
    writeFileSync(virsh, fakeVirsh);
    chmodSync(virsh, 0o755);
  });
  afterEach(async () => {
    writeFileSync(`${virsh}.end`, '0\n');
    for (const id of used.splice(0)) {
      await until('its end', () => !['running', 'launching'].includes(look(id).kind));
      run(clearStarts([id]));
    }
    for (const name of ['end', 'runs', 'words', 'umask']) rmSync(`${virsh}.${name}`, { force: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** As a host runs it: a shell that reads the script from its standard input. */
  function run<T>(script: ShellScript<T>, sh = 'sh', env: NodeJS.ProcessEnv = process.env): T {
    const [program = 'sh', ...before] = sh.split(' ');
    const stdout = execFileSync(program, [...before, '-s'], {
      input: scriptText(script, 'token'),
      encoding: 'utf8',
      stdio: 'pipe',
      env,
    });
    return script.parse({ stdout: stdout.slice(stdout.indexOf('token\n') + 6), stderr: '', exitCode: 0 });
  }
  const newId = (): string => {
    const id = randomUUID();
    used.push(id);
    return id;
  };
  const look = (id: string, forbid = false): Told => run(lookAfter([{ id, forbid }]))[0] ?? { kind: 'none' };
  const send = (id: string, words: readonly string[] = ['migrate'], line = virsh, sh = 'sh'): Told =>
    run(sendStart(id, line, words, 'start'), sh);
  const pathOf = (id: string): string => `/var/tmp/libvirt-live-migration.${id}`;
  const end = (code: number): void => writeFileSync(`${virsh}.end`, `${code}\n`);
  const runs = (): number =>
    existsSync(`${virsh}.runs`) ? readFileSync(`${virsh}.runs`, 'utf8').split('\n').length - 1 : 0;
  const untilEnded = (id: string): Promise<Told> =>
    until('its end', () => {
      const told = look(id);
      return told.kind === 'running' ? undefined : told;
    });

  it.each(shells)('outlives the shell that started it, in %s, and tells its code and words', async (sh) => {
    const id = newId();
    run(prepareStart(id), sh);
    expect(send(id, ['migrate'], virsh, sh)).toEqual({ kind: 'running' });
    expect(run(lookAfter([{ id, forbid: true }]), sh)).toEqual([{ kind: 'running' }]);
    end(3);
    expect(await untilEnded(id)).toMatchObject({
      kind: 'ended',
      exitCode: 3,
      text: 'to stdout\nerror: to stderr > @ x ended 0 0\n'.trimEnd(),
    });
    expect(run(lookAfter([{ id, forbid: false }]), sh)).toMatchObject([{ kind: 'ended', exitCode: 3 }]);
    run(clearStarts([id]), sh);
    expect(existsSync(pathOf(id))).toBe(false);
    expect(look(id)).toEqual({ kind: 'none' });
  });

  it('is told at once when it ends at once', () => {
    const id = newId();
    end(1);
    run(prepareStart(id));
    expect(send(id)).toMatchObject({
      kind: 'ended',
      exitCode: 1,
      text: expect.stringContaining('error: to stderr') as unknown,
    });
  });

  it('lives on when the whole group of the shell that started it is killed', async () => {
    const id = newId();
    run(prepareStart(id));
    const child = spawn('sh', ['-s'], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(scriptText(sendStart(id, virsh, ['migrate'], 'start'), 'token'));
    await until('its virsh', () => runs() === 1);
    for (const signal of ['SIGHUP', 'SIGKILL'] as const)
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), signal);
    expect(look(id)).toEqual({ kind: 'running' });
    end(0);
    expect(await untilEnded(id)).toMatchObject({ kind: 'ended', exitCode: 0 });
  });

  it('gets its words as they are, and the umask of its login', () => {
    const words = [
      'migrate',
      'a b',
      "it's",
      '$(touch /tmp/x)',
      '`id`',
      '"',
      '!',
      '-n',
      '\\',
      '',
      '*',
      ';reboot',
      'qemu+ssh://h/?a=1&b=2',
    ];
    const id = newId();
    end(0);
    run(prepareStart(id));
    send(id, words, `env X='a  b' ${virsh} -c 'qemu:///system'`);
    expect(readFileSync(`${virsh}.words`, 'utf8').split('\0')).toEqual(['-c', 'qemu:///system', ...words, '']);
    expect(readFileSync(`${virsh}.umask`, 'utf8').trim()).toBe(
      execFileSync('sh', ['-c', 'umask'], { encoding: 'utf8' }).trim(),
    );
  });

  it('has a folder that nobody else can read', () => {
    const id = newId();
    run(prepareStart(id));
    send(id);
    expect(statSync(pathOf(id)).mode & 0o777).toBe(0o700);
    expect(statSync(join(pathOf(id), 'out')).mode & 0o777).toBe(0o600);
  });

  it('is started once, however often it is sent, one after the other or at once', async () => {
    const id = newId();
    run(prepareStart(id));
    const script = scriptText(sendStart(id, virsh, ['migrate'], 'start'), 'token');
    const children = [1, 2, 3, 4].map(() => {
      const child = spawn('sh', ['-s'], { stdio: ['pipe', 'ignore', 'ignore'] });
      child.stdin.end(script);
      return new Promise((resolve) => child.on('close', resolve));
    });
    await Promise.all(children);
    run(prepareStart(id));
    expect(send(id)).toEqual({ kind: 'running' });
    end(0);
    await untilEnded(id);
    expect(send(id)).toMatchObject({ kind: 'ended', exitCode: 0 });
    expect(runs()).toBe(1);
    // What was cleared is not started by a copy that comes late, either.
    run(clearStarts([id]));
    expect(send(id)).toEqual({ kind: 'none' });
    expect(runs()).toBe(1);
  });

  it('is never started once it was forbidden', () => {
    const id = newId();
    run(prepareStart(id));
    expect(look(id)).toEqual({ kind: 'waiting' });
    expect(look(id, true)).toEqual({ kind: 'never' });
    expect(look(id)).toEqual({ kind: 'never' });
    expect(send(id)).toEqual({ kind: 'never' });
    expect(runs()).toBe(0);
  });

  it('is told to have died when it is killed, and a number that is given again is not taken for it', async () => {
    const id = newId();
    run(prepareStart(id));
    send(id);
    const pidFile = join(pathOf(id), 'pid');
    const written = readFileSync(pidFile, 'utf8');
    const [pid = '', began = '', boot = ''] = written.trim().split(' ');
    for (const other of [
      `${pid} ${Number(began) + 1} ${boot}`,
      `${pid} ${began} another-boot`,
      `${process.pid} ${began} ${boot}`,
    ]) {
      writeFileSync(pidFile, `${other}\n`);
      expect(look(id)).toEqual({ kind: 'died', text: '' });
    }
    writeFileSync(pidFile, written);
    expect(look(id)).toEqual({ kind: 'running' });
    process.kill(Number(pid), 'SIGKILL');
    expect(await untilEnded(id)).toEqual({ kind: 'died', text: '' });
    end(0);
  });

  it.each([
    ['that is not there', '/opt/none/virsh', 127, /not found/],
    ['whose command is no command of a shell', "virsh 'half", 2, /[Uu]nterminated|unexpected/],
    ['whose command ends the shell', 'exit 5;', 5, /^$/],
  ])('and one %s says so', (_, line, exitCode, text) => {
    const id = newId();
    run(prepareStart(id));
    expect(send(id, ['migrate'], line)).toMatchObject({
      kind: 'ended',
      exitCode,
      text: expect.stringMatching(text) as unknown,
    });
  });

  it('works where there is no setsid', async () => {
    const id = newId();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of [
      'sh',
      'cat',
      'mkdir',
      'mv',
      'rm',
      'rmdir',
      'sleep',
      'date',
      'dd',
      'sed',
      'id',
      'find',
      'tr',
      'env',
    ]) {
      execFileSync('ln', ['-s', execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name)]);
    }
    const env = { PATH: bin };
    run(prepareStart(id), '/bin/sh', env);
    expect(run(sendStart(id, virsh, ['migrate'], 'start'), '/bin/sh', env)).toEqual({ kind: 'running' });
    end(0);
    expect(await untilEnded(id)).toMatchObject({ kind: 'ended', exitCode: 0 });
  });

  it('leaves nothing for ever: what ended and nobody came for is cleared when the next one is prepared, days later', async () => {
    const [old, running, fresh, next] = [newId(), newId(), newId(), newId()];
    end(0);
    for (const id of [old, fresh]) {
      run(prepareStart(id));
      send(id);
    }
    rmSync(`${virsh}.end`);
    run(prepareStart(running));
    send(running);
    const daysAgo = Date.now() / 1000 - 9 * 86_400;
    for (const id of [old, running]) utimesSync(pathOf(id), daysAgo, daysAgo);
    run(prepareStart(next));
    expect([old, running, fresh, next].map((id) => existsSync(pathOf(id)))).toEqual([false, true, true, true]);
    end(0);
    await untilEnded(running);
  });

  it('tells of several at once', () => {
    const ids = [newId(), newId(), newId()] as const;
    end(1);
    run(prepareStart(ids[0]));
    run(prepareStart(ids[1]));
    send(ids[1]);
    expect(run(lookAfter(ids.map((id) => ({ id, forbid: false }))))).toMatchObject([
      { kind: 'waiting' },
      { kind: 'ended', exitCode: 1 },
      { kind: 'none' },
    ]);
  });

  it('refuses where nothing can be kept', () => {
    const script = prepareStart('x');
    expect(() =>
      script.parse({
        stdout: '',
        stderr: "mkdir: cannot create directory '/tmp/x': No space left on device\n",
        exitCode: 1,
      }),
    ).toThrow(/neither in \/var\/tmp nor in \/tmp: .*No space left on device\.$/);
  });
});
