import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs the lab runs, by the Debian package that has them. */
const programs: Readonly<Record<string, string>> = {
  libvirtd: 'libvirt-daemon-system',
  virtlogd: 'libvirt-daemon',
  virsh: 'libvirt-clients',
  'qemu-system-x86_64': 'qemu-system-x86',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  openssl: 'openssl',
  busybox: 'busybox-static',
  ip: 'iproute2',
  cpio: 'cpio',
  nsenter: 'util-linux',
  unshare: 'util-linux',
};

/** Why the lab can't run here, in one line that says what to do; undefined when it can. */
export function labMissing(withFakeClock = false): string | undefined {
  if (process.platform !== 'linux') return 'The lab needs Linux (network namespaces, libvirt, QEMU).';
  if (process.arch !== 'x64') return 'The lab needs an x86-64 machine, for its guests.';
  if (process.getuid?.() !== 0) return 'The lab needs root, for its network namespaces: run it with sudo.';
  const faketime = withFakeClock ? { faketime: 'faketime' } : {};
  return packagesMissing(
    'The lab',
    { ...programs, ...faketime },
    hasQemuDriver() ? [] : ['libvirt-daemon-driver-qemu'],
  );
}

/** What `who` needs of `programs` (by their Debian package) that is not installed, as `labMissing` says it. */
export function packagesMissing(
  who: string,
  programs: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): string | undefined {
  const packages = new Set(Object.entries(programs).flatMap(([program, owner]) => (onPath(program) ? [] : [owner])));
  for (const name of more) packages.add(name);
  if (packages.size === 0) return undefined;
  return `${who} needs packages that are not installed: apt-get install --no-install-recommends ${[...packages].join(' ')}`;
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** libvirtd starts without it, and then knows no qemu:///system. */
function hasQemuDriver(): boolean {
  const driver = join('libvirt', 'connection-driver', 'libvirt_driver_qemu.so');
  const triplets = existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name)) : [];
  return [...triplets, '/usr/lib64'].some((folder) => existsSync(join(folder, driver)));
}
