import { describe, expect, it } from 'vitest';
import { parseCacheMiB, parseDowntimeMs, parseSpeedMiBps, unlimitedMiBps } from '../../../src/virsh/bounds.js';

describe('a speed', () => {
  it.each([
    ['20', 20],
    [' 200 MiB/s ', 200],
    ['20MiB', 20],
    ['1 GiB/s', 1024],
    ['1.5 GiB', 1536],
    ['800 Mbit/s', 95],
    ['10 Gbit/s', 1192],
    ['unlimited', unlimitedMiBps],
    [64, 64],
    [unlimitedMiBps, unlimitedMiBps],
  ])('%j is %i MiB/s', (input, value) => {
    expect(parseSpeedMiBps(input)).toMatchObject({ ok: true, value });
  });

  it.each([
    ['', 'Type a number'],
    ['fast', 'is not a speed'],
    ['-5', 'is negative'],
    ['0', 'less than 1 MiB/s'],
    ['0.5', 'no whole number'],
    ['20 mb', 'not clear'],
    ['20 MB/s', 'not clear'],
    ['20 MBps', 'not clear'],
    ['20 mbps', 'not clear'],
    ['20 Mib/s', 'not clear'],
    ['20 constructor', 'not clear'],
    ['20 toString', 'not clear'],
    ['20 ms', 'not clear'],
    ['9e99', 'not a speed'],
    ['99999999999999999', "libvirt's most"],
    [NaN, 'is not a speed'],
    [Infinity, 'is not a speed'],
    ['20; reboot', 'is not a speed'],
  ])('%j is refused: %s', (input, why) => {
    const checked = parseSpeedMiBps(input);
    expect(checked.ok).toBe(false);
    expect(checked.ok ? '' : checked.message).toContain(why);
  });
});

describe('a maximum downtime', () => {
  it.each([
    ['300', 300],
    ['300 ms', 300],
    ['12 s', 12_000],
    ['1.5 s', 1500],
    ['0.3s', 300],
    [12_000, 12_000],
    ['2000000', 2_000_000],
  ])('%j is %i ms', (input, value) => {
    expect(parseDowntimeMs(input)).toEqual({ ok: true, value });
  });

  it.each([
    ['0', 'less than 1 ms'],
    ['-1', 'is negative'],
    ['2000001', "QEMU's maximum"],
    ['2001 s', "QEMU's maximum"],
    ['0.5', 'no whole number'],
    ['12 min', 'neither ms nor s'],
    ['soon', 'is not a time'],
    ['', 'Type a number'],
  ])('%j is refused: %s', (input, why) => {
    const checked = parseDowntimeMs(input);
    expect(checked.ok ? '' : checked.message).toContain(why);
  });
});

describe('a compression cache', () => {
  it.each([
    ['64', 64],
    ['64 MiB', 64],
    ['1 GiB', 1024],
    ['0.5 GiB', 512],
    [1, 1],
  ])('%j is %i MiB', (input, value) => {
    expect(parseCacheMiB(input, 2 ** 30)).toEqual({ ok: true, value });
  });

  it.each([
    ['', 'Type a number'],
    ['big', 'is not a size'],
    ['-64', 'is negative'],
    ['0', 'of which 1 is the least'],
    ['0.5', 'no whole number'],
    ['48', '32 or 64 MiB are'],
    ['64 MB', 'neither MiB nor GiB'],
    ['64 constructor', 'neither MiB nor GiB'],
    ['2 GiB', "the guest's memory fills: 1024 MiB"],
    ['64; reboot', 'is not a size'],
    [NaN, 'is not a size'],
  ])('%j is refused: %s', (input, why) => {
    const checked = parseCacheMiB(input, 2 ** 30);
    expect(checked.ok ? '' : checked.message).toContain(why);
  });

  it('of a guest whose memory is not known is taken up to what no guest has', () => {
    expect(parseCacheMiB('1024 GiB').ok).toBe(true);
    expect(parseCacheMiB('2048 GiB').ok).toBe(false);
  });
});
