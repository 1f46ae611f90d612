import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import { adviceFor, hasNoJob, isGone, virshErrorOf } from '../../../src/virsh/errors.js';
import { parseDomainState } from '../../../src/virsh/parseDomainState.js';

describe("virsh's error stream", () => {
  it.each([
    ['', undefined],
    ['error: Domain not found\n', 'Domain not found'],
    ["error: Failed to resume domain 'g1'\nerror: Timed out\n", "Failed to resume domain 'g1': Timed out"],
    ['error: Disconnected from qemu:///system due to end of file\nerror: Reconnected to the hypervisor\n', undefined],
    ['error: Reconnected to the hypervisor\nerror: Domain not found\n', 'Domain not found'],
    ['error: bad \u001b[31mred\u001b[0m\r\n', 'bad \\u001b[31mred\\u001b[0m'],
  ])('%j is %j', (stderr, message) => {
    expect(virshErrorOf(stderr)).toBe(message);
  });
});

describe('what to do about a refusal', () => {
  it.each([
    ['Requested operation is not valid: no job is active on the domain', /has ended/],
    ['post-copy can only be started while outgoing migration is in progress', /--postcopy/],
    ['Timed out during operation: cannot acquire state change lock', /Another operation/],
    ["Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory", /libvirtd is not running/],
    ['authentication unavailable: no polkit agent available', /group libvirt/],
    ['bash: virsh: command not found', /libvirt-clients/],
    ['operation forbidden: read only access prevents virDomainMigrateSetMaxDowntime', /read-only/],
    ['migration statistics are available only on the source host', /source/],
    ['sudo: a password is required', /without one/],
    ["failed to get domain 'x'", /no longer/],
  ])('%s', (message, advice) => {
    expect(adviceFor(message)).toMatch(advice);
  });

  it('is nothing where libvirt is clear enough', () => {
    expect(adviceFor('internal error: qemu unexpectedly closed the monitor')).toBeUndefined();
  });
});

describe('a domain that has gone', () => {
  it.each([
    ["hv1: failed to get domain 'x'", true],
    ["hv1: Domain not found: no domain with matching uuid 'x'", true],
    ['hv1: Timed out during operation', false],
  ])('%s: %j', (message, gone) => {
    expect(isGone(new UserError(message))).toBe(gone);
  });
});

describe('a domain that can have no job', () => {
  it.each([
    ["hv1: failed to get domain 'x'", true],
    ['hv1: Requested operation is not valid: domain is not running', true],
    ['hv1: Timed out during operation', false],
  ])('%s: %j', (message, none) => {
    expect(hasNoJob(new UserError(message))).toBe(none);
  });
});

describe('a state', () => {
  it.each([
    ['running (booted)\n\n', { state: 'running', reason: 'booted' }],
    ['paused (migrating)\n', { state: 'paused', reason: 'migrating' }],
    ['paused (post-copy failed)\n', { state: 'paused', reason: 'post-copy failed' }],
    ['shut off (migrated)\n', { state: 'shutOff', reason: 'migrated' }],
    ['in shutdown\n', { state: 'inShutdown', reason: undefined }],
    ['pmsuspended\n', { state: 'suspended', reason: undefined }],
    ['hibernating (why not)\n', { state: 'unknown', reason: 'why not' }],
  ])('%j', (text, state) => {
    expect(parseDomainState(text)).toEqual(state);
  });

  it('that is none is refused', () => {
    expect(() => parseDomainState('\n')).toThrow(/domstate answered/);
  });
});
