import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostConfig } from '../../../src/hypervisor/model.js';
import { readClock } from '../../../src/virsh/scripts/clock.js';
import { connectTo, identity, withoutQuestions } from '../../../src/virsh/scripts/connect.js';
import { type CpuAnswer, compareCpu } from '../../../src/virsh/scripts/cpu.js';
import { lookAtFiles } from '../../../src/virsh/scripts/files.js';
import {
  type RouteToAddress,
  addressOfLogin,
  existingInterfaces,
  resolve,
  routeTo,
  tryPorts,
} from '../../../src/virsh/scripts/network.js';
import type { ShellScript } from '../../../src/virsh/script.js';
import { scriptText } from '../../../src/virsh/scriptRunner.js';

/** Each runs in this machine's own sh, as it does on a host; virsh is a script of the test's. */
async function run<T>(script: ShellScript<T>): Promise<T> {
  const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(scriptText(script, 'token'));
  const [code] = (await once(child, 'close')) as [number | null];
  return script.parse({ stdout: stdout.slice(stdout.indexOf('token\n') + 6), stderr, exitCode: code ?? undefined });
}

describe('a script of the pre-flight', () => {
  let folder: string;
  const config = (virsh: string): HostConfig => ({
    name: 'hv1',
    destination: 'hv1',
    uri: 'qemu:///system',
    virsh,
    readOnly: false,
    group: undefined,
  });
  const fakeVirsh = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'preflight-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('tries all URIs at once, and tells each in its place', async () => {
    const virsh = fakeVirsh(
      'connect',
      `case $2 in
  qemu+tcp://*) echo 'Warning: a banner' >&2; echo hv2 ;;
  qemu+ssh://hv2/system?no_tty=1) [ -z "$SSH_AUTH_SOCK" ] || echo leaked; echo 'error: failed to connect to the hypervisor' >&2; echo 'error: Cannot recv data: Host key verification failed.' >&2; exit 1 ;;
  *) echo "error: it's $2" >&2; exit 1 ;;
esac`,
    );
    const uris = ["qemu+tls://a'b/system", 'qemu+ssh://hv2/system', 'qemu+tcp://hv2/system'];
    expect(await run(connectTo(config(virsh), uris))).toEqual([
      { reached: false, words: "it's qemu+tls://a'b/system" },
      {
        reached: false,
        words: 'failed to connect to the hypervisor: Cannot recv data: Host key verification failed.',
      },
      { reached: true, hostname: 'hv2' },
    ]);
  });

  it.each([
    ['qemu+ssh://hv2/system', 'qemu+ssh://hv2/system?no_tty=1'],
    ['qemu+ssh://hv2/system?keyfile=/k', 'qemu+ssh://hv2/system?keyfile=/k&no_tty=1'],
    ['qemu+ssh://hv2/system?no_tty=0', 'qemu+ssh://hv2/system?no_tty=0'],
    ['qemu+tcp://hv2/system', 'qemu+tcp://hv2/system'],
  ])('has %s ask nobody: %s', (uri, asked) => {
    expect(withoutQuestions(uri)).toBe(asked);
  });

  it('tells as whom virsh runs, through what it is called by', async () => {
    const me = process.getuid?.() ?? 0;
    expect(await run(identity(config('virsh')))).toMatchObject({ isRoot: me === 0 });
    // Stands for a container: whatever is run there is run as uid 107.
    const inside = fakeVirsh('inside', `case $* in *'id -u') echo 107 ;; esac`);
    expect(await run(identity(config(`${inside} virsh`)))).toMatchObject({ isRoot: false });
    const denied = fakeVirsh('sudo', 'exit 1');
    await expect(run(identity(config(`${denied} virsh`)))).rejects.toThrow(/could not be told/);
  });

  it.each([
    ['env LC_ALL=C sudo -n virsh', true],
    ['sudo -n -u libvirt virsh', false],
  ])('takes a sudo that allows virsh alone for what it is: %s', (virsh, root) => {
    const parse = (): boolean =>
      identity(config(virsh)).parse({ stdout: 'login ops\nuid \n', stderr: '', exitCode: 0 }).isRoot;
    if (root) expect(parse()).toBe(true);
    else expect(parse).toThrow(/could not be told/);
  });

  it('resolves names, and says of one that leads nowhere that it does', async () => {
    expect((await run(resolve('localhost'))).length).toBeGreaterThan(0);
    expect(await run(resolve('no-such-host.invalid'))).toEqual([]);
    expect(await run(resolve('-a $(id)'))).toEqual([]);
  });

  it('tells an open port from one where nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const open = typeof address === 'object' && address !== null ? address.port : 0;
    const [first, second] = await run(tryPorts('127.0.0.1', [open, 1]));
    server.close();
    expect(first).toMatchObject({ port: open, state: 'open' });
    expect(second).toMatchObject({ port: 1, state: 'refused' });
  });

  it.each([
    [124, '', 'filtered'],
    [1, 'timed out', 'filtered'],
    [1, 'bash: connect: No route to host', 'blocked'],
    [1, '[Errno 111] Connection refused', 'refused'],
    [3, 'it has neither bash with timeout, python3 nor nc', 'untold'],
  ])('takes an answer of %i "%s" for %s', (code, words, state) => {
    const stdout = `49152 ${code} ${words}\n`;
    expect(tryPorts('10.0.0.2', [49_152]).parse({ stdout, stderr: '', exitCode: 0 })).toEqual([
      { port: 49_152, state, words },
    ]);
  });

  it('reads the clock, and knows by how much it may be wrong', async () => {
    const reading = await run(readClock(() => performance.timeOrigin + performance.now()));
    expect(Math.abs(reading.aheadMs)).toBeLessThanOrEqual(reading.uncertaintyMs + 50);
    const coarse = readClock(() => 1_000_000).parse({ stdout: '1000\n', stderr: '', exitCode: 0 });
    expect(coarse).toEqual({ aheadMs: 500, uncertaintyMs: 500 });
  });

  it('finds interfaces by their exact names', async () => {
    expect(await run(existingInterfaces(['br no', 'lo', '../net/lo x']))).toEqual(new Set(['lo']));
  });

  it('sees files: one and the same, another one, none', async () => {
    const [one, same, other] = ['one file', 'same', "it's other"].map((name) => join(folder, name));
    if (one === undefined || same === undefined || other === undefined) throw new Error('three paths');
    writeFileSync(one, 'x'.repeat(5000));
    linkSync(one, same);
    writeFileSync(other, 'y');
    const sights = await run(lookAtFiles([one, same, other, join(folder, 'none')]));
    expect(sights[0]).toMatchObject({ state: 'present', sizeBytes: 5000, inode: sights[1]?.inode });
    expect(sights[2]?.inode).not.toBe(sights[0]?.inode);
    expect(sights[3]).toMatchObject({ state: 'missing', inode: undefined });
    // Of what is not there, the folder that it would be in.
    expect(sights[3]?.freeBytes).toBeGreaterThan(0);
  });

  it('compares a CPU, and gives the words of a refusal', async () => {
    const virsh = fakeVirsh(
      'cpu',
      `xml=$(cat); case $*/$xml in
  */\\<cpu\\>fits*) echo 'CPU described in /dev/stdin is identical to host CPU' ;;
  *--error*) echo 'error: Failed to compare' >&2; echo 'error: the CPU is incompatible with host CPU: Host CPU does not provide required features: hle' >&2; exit 1 ;;
  *unknown*) echo "error: cannot get host CPU" >&2; exit 1 ;;
  *) echo 'CPU described in /dev/stdin is incompatible with host CPU'; exit 1 ;;
esac`,
    );
    const ask = (cpuXml: string): Promise<CpuAnswer> =>
      run(compareCpu(config(virsh), { cpuXml, hypervisor: { virtType: 'kvm', arch: 'x86_64', machine: "p'c" } }));
    expect(await ask('<cpu>fits</cpu>')).toMatchObject({ verdict: 'identical' });
    expect(await ask("<cpu>it's not</cpu>")).toEqual({
      verdict: 'incompatible',
      words: 'the CPU is incompatible with host CPU: Host CPU does not provide required features: hle',
    });
  });

  it('finds a route by its card, or says that there is none', () => {
    const parse = (stdout: string, exitCode = 0): RouteToAddress =>
      routeTo('10.0.0.2').parse({ stdout, stderr: '', exitCode });
    expect(parse('10.0.0.2 dev br0 src 10.0.0.1 uid 0 \\    cache\ncard eno1\nspeed 25000\n')).toEqual({
      interfaceName: 'br0',
      sourceAddress: '10.0.0.1',
      card: 'eno1',
      megabitsPerSecond: 25_000,
    });
    expect(parse('10.0.0.2 dev eth0 src 10.0.0.1\ncard eth0\nspeed -1\n').megabitsPerSecond).toBeUndefined();
    expect(() => parse('RTNETLINK answers: Network is unreachable\n', 4)).toThrow(/Network is unreachable/);
    expect(() => parse('', 3)).toThrow(/no ip/);
  });

  it('tells by which address the host is reached', () => {
    const parse = (stdout: string): string => addressOfLogin().parse({ stdout, stderr: '', exitCode: 0 });
    expect(parse('192.0.2.1 55000 192.0.2.7 22\n')).toBe('192.0.2.7');
    expect(() => parse('\n')).toThrow(/does not tell/);
  });
});
