import { readFileSync } from 'node:fs';
import type { ExtraSshd, LabHost } from './host.js';
import type { Lab } from './lab.js';
import { clientKey } from './layout.js';
import { packagesMissing } from './missing.js';

/** What they log in with, by the Debian package that has it; the lab itself needs none of it. */
const programs = { fish: 'fish', tcsh: 'tcsh', sudo: 'sudo' };

/** The port of the sshd that lets them in. */
const port = 2300;

interface Person {
  readonly shell: string;
  /** Whether they may manage libvirt without sudo. */
  readonly libvirt: boolean;
  /** What sudo lets them run as root, without a password. */
  readonly sudo?: string;
}

/** Who logs in to a host besides root, and what they find there. */
const people: Readonly<Record<string, Person>> = {
  operator: { shell: '/bin/sh', libvirt: false, sudo: 'ALL' },
  narrow: { shell: '/bin/sh', libvirt: false, sudo: '/usr/bin/virsh' },
  member: { shell: '/bin/sh', libvirt: true },
  outsider: { shell: '/bin/sh', libvirt: false },
  fisher: { shell: '/usr/bin/fish', libvirt: true },
  csher: { shell: '/usr/bin/tcsh', libvirt: true },
  noisy: { shell: '/bin/bash', libvirt: true },
  forced: { shell: '/bin/sh', libvirt: true },
  saver: { shell: '/bin/sh', libvirt: true },
  warden: { shell: '/bin/sh', libvirt: true },
  gone: { shell: '/usr/sbin/nologin', libvirt: true },
};

/** Stands in for Docker's client, whose daemon can't run here: what it says is word for word the real one's (27.5). */
const docker = `#!/bin/sh
[ "$1 $2" = "exec -i" ] || { echo 'the input device is not a TTY' >&2; exit 1; }
case "$3" in
nova_libvirt) shift 3; exec "$@" ;;
stopped) echo 'Error response from daemon: container 5f2a is not running' >&2; exit 1 ;;
forbidden) echo 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.47/containers/nova_libvirt/json": dial unix /var/run/docker.sock: connect: permission denied' >&2; exit 1 ;;
bare) echo 'OCI runtime exec failed: exec failed: unable to start container process: exec: "env": executable file not found in $PATH: unknown' >&2; exit 127 ;;
*) echo "Error response from daemon: No such container: $3" >&2; exit 1 ;;
esac
`;

/** A virsh that knows of nothing newer than libvirt 1.0, as far as its help, its options and its figures tell. */
const oldVirsh = `#!/bin/sh
sed -u -e 's/^help \\(domjobinfo\\|event\\|migrate-getmaxdowntime\\|migrate-postcopy\\|migrate\\)$/help no-such-command/' \\
  -e 's/^\\(domjobinfo.*\\) --rawstats/\\1 --no-such-option/' -e 's/^migrate-getmaxdowntime/no-such-command/' |
  virsh "$@" |
  sed -u '/^\\(Operation\\|Time elapsed w\\|Memory bandwidth\\|Dirty rate\\|Page size\\|Iteration\\|Postcopy\\|Downtime w\\|Setup time\\)/d'
`;

/** Where their programs are, as root and as themselves. */
const path = '/run/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Lets people in on a host of the lab: in its own namespaces, so that nothing of this machine is changed. */
export async function letPeopleIn(host: LabHost): Promise<ExtraSshd> {
  const missing = packagesMissing('A host with people', programs);
  if (missing !== undefined) throw new Error(missing);
  const own = (path: string): string => readFileSync(path, 'utf8');
  const names = Object.keys(people);
  const entry = ([name, { shell }]: [string, Person], index: number): string =>
    `${name}:x:${60_100 + index}:60100::/run/home/${name}:${shell}\n`;
  const members = names.filter((name) => people[name]?.libvirt).join(',');
  const groups = own('/etc/group').replace(/^libvirt:.*$/m, (line) => `${line.replace(/:[^:]*$/, ':')}${members}`);
  const files: readonly (readonly [name: string, seenAt: string, text: string, mode: number])[] = [
    ['people-passwd', '/etc/passwd', own('/etc/passwd') + Object.entries(people).map(entry).join(''), 0o644],
    // No password, which is not the same as a locked account.
    [
      'people-shadow',
      '/etc/shadow',
      own('/etc/shadow') + names.map((name) => `${name}:*:19000::::::\n`).join(''),
      0o640,
    ],
    ['people-group', '/etc/group', `${groups}people:x:60100:\n`, 0o644],
    [
      'people-sudoers',
      '/etc/sudoers',
      [
        `Defaults secure_path="${path}"`,
        'root ALL=(ALL) ALL',
        ...Object.entries(people).flatMap(([name, { sudo }]) =>
          sudo === undefined ? [] : [`${name} ALL=(root) NOPASSWD: ${sudo}`],
        ),
        '',
      ].join('\n'),
      0o440,
    ],
  ];
  for (const [name, seenAt, text, mode] of files) {
    await must(host, ['mount', '--bind', await host.writeFile(name, text, mode), seenAt]);
  }
  const key = own(`${clientKey}.pub`);
  await must(host, ['mkdir', '-p', '/run/bin', '/run/keys']);
  await host.writeFile('run/keys/all', key);
  await host.writeFile('run/keys/saver', `restrict,command="echo backup of today: done" ${key}`);
  await host.writeFile('run/keys/warden', `restrict,command="virsh -c qemu:///system" ${key}`);
  await host.writeFile('run/bin/docker', docker, 0o755);
  await host.writeFile('run/bin/old-virsh', oldVirsh, 0o755);
  for (const name of names) {
    await must(host, ['install', '-d', '-o', name, '-g', 'people', `/run/home/${name}`]);
  }
  await host.writeFile('run/home/noisy/.bashrc', 'echo "*** Authorised use only ***"\necho "mind the gap" >&2\n');
  return host.startSshd(port, [
    'AuthorizedKeysFile /run/keys/all',
    `SetEnv PATH=${path}`,
    'Match User forced',
    '  ForceCommand echo This host is being serviced.',
    'Match User saver,warden',
    '  AuthorizedKeysFile /run/keys/%u',
    'Match all',
  ]);
}

async function must(host: LabHost, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await host.exec(argv);
  if (code !== 0) throw new Error(`${host.name}: ${argv.join(' ')}: ${stderr.trim()}`);
}

/** How a user's ssh_config leads to them: as `people`, by the user of each destination. */
export function peopleConfig({ clientKey, knownHosts }: Lab, host: LabHost, sshd: ExtraSshd): string {
  return [
    'Host people',
    `  HostName ${host.address}`,
    `  Port ${sshd.port}`,
    `  HostKeyAlias ${host.address}`,
    `  IdentityFile ${clientKey}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${knownHosts}`,
    '',
  ].join('\n');
}
