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
    [
      "error: Disconnected from qemu:///system due to end of file\nerror: failed to get domain 'x'\n",
      'Disconnected from qemu:///system due to end of file',
    ],
    [
      "error: failed to get domain 'x'\nerror: Disconnected from qemu:///system due to end of file\n",
      'Disconnected from qemu:///system due to end of file',
    ],
    [
      "error: Disconnected from qemu:///system due to end of file\nerror: Reconnected to the hypervisor\nerror: failed to get domain 'x'\n",
      "failed to get domain 'x'",
    ],
    [
      'error: Disconnected from qemu:///system due to end of file\nerror: Failed to list domains\nerror: Cannot recv data: Connection reset by peer\n',
      'Failed to list domains: Cannot recv data: Connection reset by peer',
    ],
    ['error: internal error: client socket is closed\n', 'internal error: client socket is closed'],
    ["error: Failed to create '/dev/null/libvirt/virsh': Not a directory\n", undefined],
    ['error: bad \u001b[31mred\u001b[0m\r\n', 'bad \\u001b[31mred\\u001b[0m'],
  ])('%j is %j', (stderr, message) => {
    expect(virshErrorOf(stderr)).toBe(message);
  });
});

describe('libvirtd dying under a command', () => {
  it('is not taken for the end of the domain that was asked about', () => {
    const stderr = "error: Disconnected from qemu:///system due to end of file\nerror: failed to get domain 'x'\n";
    const error = new UserError(`hv1: ${virshErrorOf(stderr) ?? ''}`);
    expect(isGone(error)).toBe(false);
    expect(hasNoJob(error)).toBe(false);
    expect(adviceFor(virshErrorOf(stderr) ?? '')).toMatch(/restarted/);
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
    ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied", /group libvirt/],
    ['env: \u2018virsh\u2019: No such file or directory', /libvirt-clients/],
    ["env: can't execute 'virsh': No such file or directory", /libvirt-clients/],
    ["Sorry, user bob is not allowed to execute '/usr/bin/env virsh' as root on hv1.", /env LC_ALL=C sudo/],
    ['sudo: sorry, you must have a tty to run sudo', /sudo/],
    ['Error response from daemon: No such container: nova_libvirt', /container/],
    ['Failed to reconnect to the hypervisor: Cannot recv data: Connection reset by peer', /restarted/],
    ['Requested operation is not valid: domain is not being migrated', /while the domain migrates/],
    ["failed to get domain 'x'", /no longer/],
  ])('%s', (message, advice) => {
    expect(adviceFor(message)).toMatch(advice);
  });

  it.each([
    'internal error: qemu unexpectedly closed the monitor',
    'cannot write data to file: Read-only file system',
    "Cannot access storage file '/disk': Permission denied",
  ])('is nothing where libvirt is clear enough: %s', (message) => {
    expect(adviceFor(message)).toBeUndefined();
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
    ['constructor\n', { state: 'unknown', reason: undefined }],
  ])('%j', (text, state) => {
    expect(parseDomainState(text)).toEqual(state);
  });

  it('that is none is refused', () => {
    expect(() => parseDomainState('\n')).toThrow(/domstate answered/);
  });
});
