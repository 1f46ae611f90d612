import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import { mayPass, retryDelayMs } from '../../../src/hypervisor/retry.js';
import { SshError, type SshErrorKind } from '../../../src/ssh/types.js';

describe('a host that was lost', () => {
  it.each([
    [0, false, 500],
    [1, false, 1_000],
    [2, false, 2_000],
    [6, false, 32_000],
    [7, false, 60_000],
    [1000, false, 60_000],
    [0, true, 500],
    [3, true, 4_000],
    [4, true, 5_000],
    [1000, true, 5_000],
  ])(
    'is tried the %ith time, a migration running: %s, after half of %i ms to the whole of it',
    (attempt, migrating, ms) => {
      expect(retryDelayMs(attempt, migrating, 0)).toBe(ms / 2);
      expect(retryDelayMs(attempt, migrating, 1)).toBe(ms);
    },
  );

  it.each([
    [7, false, 20_000, 40_000],
    [7, false, 90_000, 500],
    [1000, true, 2_000, 3_000],
    // Nobody answered: what is repeated on such a connection comes ever later, and a new one sooner.
    [1000, true, 20_000, 500],
  ])(
    'is tried the %ith time, a migration running: %s, after %i ms in vain, within %i ms',
    (attempt, migrating, spentMs, ms) => {
      expect(retryDelayMs(attempt, migrating, 1, spentMs)).toBe(ms);
    },
  );

  it.each<[SshErrorKind, boolean]>([
    ['unreachable', true],
    ['unresolved', true],
    ['lost', true],
    ['channel', true],
    ['channelRefused', true],
    ['authentication', false],
    ['hostKeyUnknown', false],
    ['hostKeyChanged', false],
    ['hostKeyRevoked', false],
    ['hostKeyUnverifiable', false],
    ['badDestination', false],
    ['cancelled', false],
  ])('for a reason of the kind %s is tried again by itself: %s', (kind, passes) => {
    expect(mayPass(new SshError(kind, 'x'))).toBe(passes);
  });

  it('is tried again while its libvirtd is down, and not where its entry in the settings is wrong', () => {
    const down = "hv1: error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/libvirt/s'";
    expect(mayPass(new UserError(down))).toBe(true);
    expect(mayPass(new TypeError('a bug'))).toBe(false);
  });
});
