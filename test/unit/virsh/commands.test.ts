import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as commands from '../../../src/virsh/commands.js';
import { virshLine } from '../../../src/virsh/quote.js';

const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const help = readFileSync(new URL('./fixtures/help-domjobinfo.txt', import.meta.url), 'utf8');
const answer = (stdout: string): { stdout: string; stderr: string } => ({ stdout, stderr: '' });

describe('a command', () => {
  it.each([
    [commands.version(), 'version', 'slow'],
    [commands.helpOptions('migrate'), 'help migrate', 'slow'],
    [commands.listUuids(), 'list --all --uuid', 'slow'],
    [commands.domainXml(uuid), `dumpxml ${uuid}`, 'slow'],
    [commands.domainState(uuid), `domstate --reason ${uuid}`, 'sample'],
    [commands.jobInfo(uuid, { raw: true }), `domjobinfo --rawstats ${uuid}`, 'sample'],
    [commands.jobInfo(uuid, { raw: false }), `domjobinfo ${uuid}`, 'sample'],
    [
      commands.completedJobInfo(uuid, { raw: true, keep: true }),
      `domjobinfo --completed --keep-completed --rawstats ${uuid}`,
      'sample',
    ],
    [commands.getSpeed(uuid), `migrate-getspeed ${uuid}`, 'sample'],
    [commands.getMaxDowntime(uuid), `migrate-getmaxdowntime ${uuid}`, 'sample'],
    [commands.setSpeed(uuid, 8_796_093_022_207), `migrate-setspeed ${uuid} 8796093022207`, 'action'],
    [commands.setMaxDowntime(uuid, 12_000), `migrate-setmaxdowntime ${uuid} 12000`, 'action'],
    [commands.suspendDomain(uuid), `suspend ${uuid}`, 'action'],
    [commands.resumeDomain(uuid), `resume ${uuid}`, 'action'],
    [commands.startPostcopy(uuid), `migrate-postcopy ${uuid}`, 'action'],
    [commands.abortJob(uuid), `domjobabort ${uuid}`, 'action'],
    [commands.interruptPostcopy(uuid), `domjobabort --postcopy ${uuid}`, 'action'],
    [commands.setPostcopySpeed(uuid, 5), `migrate-setspeed ${uuid} 5 --postcopy`, 'action'],
    [commands.getPostcopySpeed(uuid), `migrate-getspeed ${uuid} --postcopy`, 'sample'],
    [commands.setCompressionCache(uuid, 67_108_864), `migrate-compcache ${uuid} --size 67108864`, 'action'],
    [commands.getCompressionCache(uuid), `migrate-compcache ${uuid}`, 'sample'],
    [commands.isPersistent(uuid), `dominfo ${uuid}`, 'slow'],
    [commands.hostUuid(), 'capabilities', 'slow'],
  ])('is sent as one line on its lane: %#', (command, line, lane) => {
    expect(virshLine(command.args)).toBe(line);
    expect(command.lane).toBe(lane);
  });

  it("waits longer than libvirt waits for a domain's lock, so that libvirt's own words are shown", () => {
    expect(commands.abortJob(uuid).timeoutMs).toBeGreaterThan(30_000);
  });

  it.each([NaN, Infinity, -1, 1.5, 1e21])('with the number %s is never sent', (value) => {
    expect(() => commands.setSpeed(uuid, value)).toThrow(/no whole number/);
    expect(() => commands.setMaxDowntime(uuid, value)).toThrow(/no whole number/);
  });
});

describe('an answer', () => {
  it('of help is the options of that version', () => {
    const options = commands.helpOptions('domjobinfo').parse(answer(help));
    expect([...options].sort()).toEqual(['--anystats', '--completed', '--domain', '--keep-completed', '--rawstats']);
  });

  it('of help is whole also where an option has a digit', () => {
    const text = '    migrate <domain> <desturi> [--live] [--offline] [--p2p] [--direct]\n';
    expect([...commands.helpOptions('migrate').parse(answer(text))]).toEqual([
      '--live',
      '--offline',
      '--p2p',
      '--direct',
    ]);
  });

  it('of help for a command that is not there is no options', () => {
    expect(commands.helpOptions('nonsense').parse(answer('\n')).size).toBe(0);
  });

  it('of the list is its UUIDs, and nothing of a banner', () => {
    expect(commands.listUuids().parse(answer(`Welcome\n${uuid}\n\n--all\n`))).toEqual([uuid]);
  });

  it('of version is the library that answers', () => {
    const text = 'Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.1\nUsing API: QEMU 9.0.0\n';
    expect(commands.version().parse(answer(text))).toBe('9.0.1');
    expect(commands.version().parse(answer('?\n'))).toBeUndefined();
  });

  it.each([
    ['8796093022207\n\n', 8_796_093_022_207],
    ['20\n', 20],
  ])('%j of migrate-getspeed is %i', (text, value) => {
    expect(commands.getSpeed(uuid).parse(answer(text))).toBe(value);
  });

  it.each(['', 'unlimited\n', '20 MiB/s\n', '-1\n'])('%j of migrate-getspeed is refused', (text) => {
    expect(() => commands.getSpeed(uuid).parse(answer(text))).toThrow(/not a number/);
  });

  it.each([
    ['Compression cache: 64.000 MiB\n\n', 64 * 2 ** 20],
    ['Compression cache: 4.000 KiB\n', 4096],
    ['Compression cache: 2.000 GiB\n', 2 ** 31],
  ])('%j of migrate-compcache is %i bytes', (text, bytes) => {
    expect(commands.getCompressionCache(uuid).parse(answer(text))).toBe(bytes);
  });

  it.each(['', 'Compression cache: much\n', '64 MiB\n'])('%j of migrate-compcache is refused', (text) => {
    expect(() => commands.getCompressionCache(uuid).parse(answer(text))).toThrow(/not a size/);
  });

  it.each([
    ['Id:             1\nPersistent:     yes\nAutostart:      disable\n', true],
    ['Id:             1\nPersistent:     no\n', false],
  ])('%j of dominfo tells whether it stays defined', (text, persistent) => {
    expect(commands.isPersistent(uuid).parse(answer(text))).toBe(persistent);
  });

  it('of capabilities is the machine that answers', () => {
    const text = `<capabilities>\n\n  <host>\n    <uuid>${uuid}</uuid>\n    <cpu>`;
    expect(commands.hostUuid().parse(answer(text))).toBe(uuid);
    expect(commands.hostUuid().parse(answer('<capabilities/>'))).toBeUndefined();
  });
});
