import { describe, expect, it } from 'vitest';
import type { HostConfig } from '../../../../src/hypervisor/model.js';
import { migrateWords, problemsOf, typedLine } from '../../../../src/migration/start/line.js';
import type { MigrationOptions, MigrationRequest } from '../../../../src/migration/start/model.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';
import { everything, uuid } from '../../scriptedHypervisor.js';

const host = (name: string, destination = `root@${name}.example`): HostConfig => ({
  name,
  destination,
  uri: 'qemu:///system',
  virsh: 'virsh',
  readOnly: false,
  group: undefined,
});
const hosts = [host('hv1'), host('hv2'), host('also-hv1', 'root@hv1.example')];
const bare: MigrationOptions = { ...defaultOptions(false), live: false, p2p: false };

function request(change: Partial<MigrationRequest> = {}, options: Partial<MigrationOptions> = {}): MigrationRequest {
  return {
    source: 'hv1',
    domainUuid: uuid,
    destination: 'hv2',
    destinationUri: 'qemu+ssh://root@hv2/system',
    migrationUri: undefined,
    options: { ...defaultOptions(true), ...options },
    ...change,
  };
}
const optionWords = (options: MigrationOptions): string => {
  const words = migrateWords(request({ options }), {
    migrateOptions: new Set([...everything.migrateOptions, '--comp-mt-level', '--comp-zlib-level']),
  });
  return words.slice(1, words.indexOf('--')).join(' ');
};

describe('the line of a migration', () => {
  it.each<[Partial<MigrationOptions>, string]>([
    [{}, ''],
    [{ live: true }, '--live'],
    [{ p2p: true }, '--p2p'],
    [{ persistent: true }, '--persistent'],
    [{ undefineSource: true }, '--undefinesource'],
    [{ live: true, autoConverge: true }, '--live --auto-converge'],
    [
      { live: true, autoConverge: true, autoConvergeInitialPercent: 30, autoConvergeIncrementPercent: 20 },
      '--live --auto-converge --auto-converge-initial 30 --auto-converge-increment 20',
    ],
    [{ live: true, postcopy: true, postcopyBandwidthMiBps: 50 }, '--live --postcopy --postcopy-bandwidth 50'],
    [{ live: true, timeoutSeconds: 60 }, '--live --timeout 60'],
    [{ live: true, timeoutSeconds: 60, timeoutAction: 'suspend' }, '--live --timeout 60'],
    [
      { live: true, postcopy: true, timeoutSeconds: 60, timeoutAction: 'postcopy' },
      '--live --postcopy --timeout 60 --timeout-postcopy',
    ],
    [{ compressionMethods: ['xbzrle', 'mt'] }, '--compressed --comp-methods xbzrle,mt'],
    [
      { compressionMethods: ['xbzrle'], xbzrleCacheMiB: 64 },
      '--compressed --comp-methods xbzrle --comp-xbzrle-cache 67108864',
    ],
    [
      { compressionMethods: ['zlib'], parallelConnections: 2 },
      '--compressed --comp-methods zlib --parallel --parallel-connections 2',
    ],
    [{ bandwidthMiBps: 200 }, '--bandwidth 200'],
    [{ parallelConnections: 4 }, '--parallel --parallel-connections 4'],
    [{ parallelConnections: 4, zeroCopy: true }, '--parallel --parallel-connections 4 --zerocopy'],
    [{ storage: 'copyAll' }, '--copy-storage-all'],
    [{ storage: 'copyIncremental' }, '--copy-storage-inc'],
    [{ tls: true }, '--tls'],
  ])('of %j has the words "%s"', (options, words) => {
    expect(optionWords({ ...bare, ...options })).toBe(words);
  });

  it('addresses the domain by its UUID, after all that is an option, and quotes what is data', () => {
    const asked = request({
      destinationUri: 'qemu+ssh://hv2/system?keyfile=/k&no_tty=1',
      migrationUri: 'tcp://192.0.2.7',
    });
    const words = migrateWords(asked, everything);
    expect(words.slice(words.indexOf('--'))).toEqual([
      '--',
      uuid,
      'qemu+ssh://hv2/system?keyfile=/k&no_tty=1',
      'tcp://192.0.2.7',
    ]);
    expect(typedLine({ ...host('hv1'), virsh: 'sudo -n virsh' }, words)).toBe(
      `sudo -n virsh -c qemu:///system migrate --live --persistent --undefinesource --p2p -- ${uuid} ` +
        `'qemu+ssh://hv2/system?keyfile=/k&no_tty=1' tcp://192.0.2.7`,
    );
  });

  it('never has an option that the host lacks', () => {
    const old = { migrateOptions: new Set(['--live', '--p2p', '--persistent', '--undefinesource', '--timeout']) };
    expect(migrateWords(request(), old)).toContain('--p2p');
    expect(() => migrateWords(request({}, { zeroCopy: true, parallelConnections: 2 }), old)).toThrow(
      /no --parallel-connections, --parallel/,
    );
    expect(problemsOf(request({}, { autoConverge: true }), old, hosts)).toEqual([
      "Auto-converge: this libvirt's virsh migrate has no --auto-converge.",
    ]);
    expect(
      problemsOf(request({}, { compressionMethods: ['zstd'], parallelConnections: 2 }), everything, hosts),
    ).toEqual([]);
    expect(problemsOf(request({}, { compressionMethods: ['mt'] }), everything, hosts)).toEqual([
      "Compression: Multi-threaded (mt): this libvirt's virsh migrate has no --comp-mt-level.",
    ]);
    expect(
      problemsOf(request({}, { postcopy: true, timeoutSeconds: 5, timeoutAction: 'postcopy' }), old, hosts).join(' '),
    ).toMatch(/no --timeout-postcopy/);
  });

  it.each<[string, Partial<MigrationRequest>, RegExp | undefined]>([
    ['another host', {}, undefined],
    ['a URI alone', { destination: undefined }, undefined],
    [
      'the source',
      { destination: 'hv1', destinationUri: 'qemu+ssh://hv1/system' },
      /destination is the source itself: hv1/,
    ],
    [
      'the source under another name',
      { destination: 'also-hv1', destinationUri: 'qemu+ssh://elsewhere/system' },
      /source itself/,
    ],
    ['the source by its name', { destination: undefined, destinationUri: 'qemu+tcp://HV1/system' }, /source itself/],
    [
      'the source by its address',
      { destination: undefined, destinationUri: 'qemu+tcp://hv1.example/system' },
      /source itself/,
    ],
    ['the source, encoded', { destination: undefined, destinationUri: 'qemu+tcp://hv%31/system' }, /source itself/],
    ['the local libvirt', { destination: undefined, destinationUri: 'qemu:///system' }, /source itself/],
    ['localhost', { destination: undefined, destinationUri: 'qemu+tcp://localhost/system' }, /source itself/],
    ['127.0.1.1', { destination: undefined, destinationUri: 'qemu+ssh://root@127.0.1.1/system' }, /source itself/],
    ['::1', { destination: undefined, destinationUri: 'qemu+tcp://[::1]/system' }, /source itself/],
    ['a tunnel', { destination: undefined, destinationUri: 'qemu+tcp://localhost:16510/system' }, undefined],
    ['a socket', { destination: undefined, destinationUri: 'qemu+unix:///system?socket=/run/x' }, undefined],
    ['IPv6', { destinationUri: 'qemu+tcp://[2001:db8::7]/system', migrationUri: 'tcp:[2001:db8::7]' }, undefined],
    ['a host that is not there', { destination: 'hv9' }, /There is no host "hv9"/],
    ['nothing', { destinationUri: '' }, /is empty/],
    ['a dash', { destinationUri: '--live' }, /begins with a dash/],
    ['a host with a dash', { destinationUri: 'qemu+ssh://-oProxyCommand=reboot/system' }, /begins with a dash/],
    ['a hidden dash', { destinationUri: 'qemu+ssh://%2doProxyCommand=reboot/system' }, /begins with a dash/],
    ['a user with a dash', { destinationUri: 'qemu+ssh://-l@hv2/system' }, /begins with a dash/],
    ['no scheme', { destinationUri: 'hv2' }, /has no scheme/],
    ['$(reboot)', { destinationUri: 'qemu+ssh://hv2/system?command=$(reboot)' }, /holds \$/],
    ['a backtick', { destinationUri: 'qemu+ssh://hv2/`reboot`' }, /holds `/],
    ['a semicolon', { destinationUri: 'qemu+ssh://hv2/system;reboot' }, /holds ;/],
    ['a quote', { destinationUri: "qemu+ssh://hv2/system'" }, /holds '/],
    ['a pipe', { destinationUri: 'qemu+ssh://hv2/system|reboot' }, /holds \|/],
    ['&& outside its query', { destinationUri: 'qemu+ssh://hv2/system&&reboot' }, /holds & before its \?/],
    ['a space', { destinationUri: 'qemu+ssh://hv2/ system' }, /spaces or control/],
    ['a newline', { destinationUri: 'qemu+ssh://hv2/system\nreboot' }, /spaces or control/],
    ['a hidden newline', { destinationUri: 'qemu+ssh://hv2/system%0areboot' }, /hides control/],
    ['a hidden semicolon', { destinationUri: 'qemu+tcp://hv2%3Breboot/system' }, /hides ;/],
    ['a hidden semicolon in its query', { destinationUri: 'qemu+ssh://hv2/system?keyfile=x%3Breboot' }, /hides ;/],
    ['a hidden space', { destinationUri: 'qemu+ssh://hv2/system?keyfile=x%20y' }, /hides a space/],
    [
      'a program',
      { destinationUri: 'qemu+ssh://hv2/system?command=/sbin/poweroff' },
      /command, which .* run a program/,
    ],
    ['a program, hidden', { destinationUri: 'qemu+ssh://hv2/system?%63ommand=/x' }, /command, which .* run a program/],
    ['a program, in capitals', { destinationUri: 'qemu+ssh://hv2/system?no_tty=1&COMMAND=/x' }, /run a program/],
    ['a program there', { destinationUri: 'qemu+ssh://hv2/system?netcat=/sbin/poweroff' }, /netcat, which/],
    ['a proxy', { destinationUri: 'qemu+ssh://hv2/system?proxy=netcat' }, /proxy, which/],
    [
      'a stranger’s certificate',
      { destinationUri: 'qemu+tls://hv2/system?no_verify=1' },
      /no_verify, .* trust whoever/,
    ],
    ['a parameter nobody knows', { destinationUri: 'qemu+ssh://hv2/system?brew=tea' }, /brew, which is no parameter/],
    ['a transport that is a program', { destinationUri: 'qemu+EXT:///system' }, /\+ext, which has libvirt run/],
    ['a transport nobody knows', { destinationUri: 'qemu+pigeon://hv2/system' }, /\+pigeon, which is none/],
    ['a known host and a key', { destinationUri: 'qemu+libssh2://hv2/system?known_hosts=/k&keyfile=/y' }, undefined],
    ['a migration URI that is a program', { migrationUri: 'exec:reboot' }, /begins with exec: memory is sent by tcp/],
    ['a migration URI that hides a shell’s', { migrationUri: 'tcp://hv2%3Breboot' }, /hides ;/],
    ['RDMA', { migrationUri: 'rdma://192.0.2.7' }, undefined],
    ['other letters', { destinationUri: 'qemu+ssh://hv２/system' }, /holds ２/],
    ['a migration URI with a space', { migrationUri: 'tcp://hv2 -x' }, /migration URI .* spaces/],
    ['a migration URI with a dash', { migrationUri: '-x' }, /migration URI .* dash/],
    ['a migration URI that is an address', { migrationUri: '192.0.2.7' }, /no scheme: .*tcp:\/\/192\.0\.2\.7/],
    ['a domain by its name', { domainUuid: '--all' }, /by its UUID/],
  ])('to %s is judged before it is sent', (_, change, expected) => {
    const problems = problemsOf(request(change), everything, hosts);
    if (expected === undefined) expect(problems).toEqual([]);
    else expect(problems.join(' ')).toMatch(expected);
  });

  it('never holds a number out of bounds, wherever it came from', () => {
    for (const options of [{ bandwidthMiBps: -1 }, { timeoutSeconds: 0.5 }, { parallelConnections: 1e9 }]) {
      expect(problemsOf(request({}, options), everything, hosts)).toHaveLength(1);
    }
  });
});
