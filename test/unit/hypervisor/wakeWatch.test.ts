import type { NetworkInterfaceInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressesOf, type WakeSign, WakeWatch } from '../../../src/hypervisor/wakeWatch.js';

describe('a laptop', () => {
  let watch: WakeWatch;
  let addresses: string;
  const signs: WakeSign[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    addresses = 'en0 192.0.2.5/24';
    signs.length = 0;
    watch = new WakeWatch({ onWake: (sign) => signs.push(sign), addresses: () => addresses });
  });
  afterEach(() => {
    watch.dispose();
    vi.useRealTimers();
  });

  it('that is awake, on one network, tells nothing', () => {
    vi.advanceTimersByTime(3_600_000);
    expect(signs).toEqual([]);
  });

  it('that slept tells so at its first tick', () => {
    vi.advanceTimersByTime(10_000);
    // Timers stand still meanwhile, the wall clock does not.
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(2_000);
    expect(signs).toEqual(['slept']);
    vi.advanceTimersByTime(60_000);
    expect(signs).toEqual(['slept']);
  });

  it('that changes its network tells so once', () => {
    addresses = 'en0 198.51.100.5/24';
    vi.advanceTimersByTime(10_000);
    expect(signs).toEqual(['network']);
  });

  it('that slept and woke on another network tells it once', () => {
    addresses = 'en0 198.51.100.5/24';
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(10_000);
    expect(signs).toEqual(['slept']);
  });

  it('whose user comes back tells so, but not at every change between windows', () => {
    vi.advanceTimersByTime(10_000);
    watch.focused();
    watch.focused();
    vi.advanceTimersByTime(9_000);
    watch.focused();
    expect(signs).toEqual(['focus']);
    vi.advanceTimersByTime(1_000);
    watch.focused();
    expect(signs).toEqual(['focus', 'focus']);
  });

  it('that is shut down watches no more', () => {
    watch.dispose();
    addresses = '';
    vi.advanceTimersByTime(10_000);
    expect(signs).toEqual([]);
  });
});

describe('the network a laptop is on', () => {
  const at = (cidr: string, internal = false): NetworkInterfaceInfo => {
    const common = { address: cidr.split('/')[0] ?? '', netmask: '', mac: '', internal, cidr };
    return cidr.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
  };

  it('is its addresses, in whatever order they are told', () => {
    const here = addressesOf({ en0: [at('192.0.2.5/24'), at('2001:db8::5/64')], utun3: [at('198.51.100.9/32')] });
    expect(here).toBe('en0 192.0.2.5/24\nen0 2001:db8::5/64\nutun3 198.51.100.9/32');
    expect(addressesOf({ utun3: [at('198.51.100.9/32')], en0: [at('2001:db8::5/64'), at('192.0.2.5/24')] })).toBe(here);
  });

  it('is the same one when a container starts', () => {
    const before = { lo: [at('127.0.0.1/8', true)], en0: [at('192.0.2.5/24')] };
    expect(addressesOf({ ...before, veth1a2b: [at('fe80::1/64')] })).toBe(addressesOf(before));
  });
});
