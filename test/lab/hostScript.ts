import { certificatesFolder, type HostName, type HostPlan, hostFolder, hostPlans } from './layout.js';

/** What a host has of its own, and where it sees it. A home of its own keeps this machine's root out of the game. */
const ownFolders: readonly (readonly [folder: string, seenAt: string])[] = [
  ['run', '/run'],
  ['etc', '/etc/libvirt'],
  ['lib', '/var/lib/libvirt'],
  ['log', '/var/log/libvirt'],
  ['cache', '/var/cache/libvirt'],
  ['root', '/root'],
  ['tmp', '/var/tmp'],
];

export const ownFolderNames: readonly string[] = [...ownFolders.map(([folder]) => folder), 'conf'];

/**
 * Process 1 of a host: makes it a machine of its own, starts its daemons, then reaps orphans for ever. Without reaping,
 * libvirtd waits for QEMU's parent, which nobody ever buries, and a migration hangs in set-up.
 */
export function hostScript(plan: HostPlan, clockAheadSeconds = 0): string {
  const folder = hostFolder(plan.name);
  const daemon = fakedBy(clockAheadSeconds);
  return `#!/bin/bash
set -e
mount --make-rprivate /
hostname ${plan.name}
ip link set lo up
cp -a /etc/libvirt/. ${folder}/etc/
cp -a ${folder}/conf/. ${folder}/etc/
${ownFolders.map(([from, to]) => `mount --bind ${folder}/${from} ${to}`).join('\n')}
mount --bind ${folder}/hosts /etc/hosts
chmod 1777 /var/tmp
cd /
mkdir -p /run/sshd /run/libvirt /var/lib/libvirt/images
${daemon}virtlogd -d
${daemon}libvirtd -d --listen
/usr/sbin/sshd -f ${folder}/sshd_config -E ${folder}/sshd.log
echo up > ${folder}/started
set +e
while :; do sleep 1 & wait $!; done
`;
}

/** A host's /etc/hosts. `loopback`: it gives its own name to 127.0.1.1, as Debian's installer does. */
export function hostsFile(loopback?: HostName): string {
  const lines = hostPlans.map(({ address, name }) => `${name === loopback ? '127.0.1.1' : address} ${name}`);
  return ['127.0.0.1 localhost', ...lines, ''].join('\n');
}

const fakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** The clock itself is shared by all of the machine; timers go by another one, which is left alone. */
function fakeClock(aheadSeconds: number): readonly string[] {
  return [`LD_PRELOAD=${fakeTime}`, `FAKETIME=+${aheadSeconds}s`, 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
}

/** What stands before a daemon whose clock is ahead. */
function fakedBy(aheadSeconds: number): string {
  return aheadSeconds === 0 ? '' : `env ${fakeClock(aheadSeconds).join(' ')} `;
}

/** Whoever logs in sees the same clock by this. sshd itself can't: its sandbox kills what asks for more than a clock at times. */
export function sshdClock(aheadSeconds: number): readonly string[] {
  return aheadSeconds === 0 ? [] : [`SetEnv ${fakeClock(aheadSeconds).join(' ')}`];
}

/** Two hosts with one uuid would refuse to migrate to each other. */
export function libvirtdConf(plan: HostPlan, uuid: string): string {
  return [
    `host_uuid = "${uuid}"`,
    'listen_tls = 0',
    'listen_tcp = 1',
    `listen_addr = "${plan.address}"`,
    'auth_tcp = "none"',
    'auth_unix_rw = "none"',
    'auth_unix_ro = "none"',
    // As distributions have it: who is in the group needs no root.
    'unix_sock_group = "libvirt"',
    'unix_sock_ro_perms = "0777"',
    'unix_sock_rw_perms = "0770"',
    'log_outputs = "3:file:/var/log/libvirt/libvirtd.log"',
    '',
  ].join('\n');
}

/** cgroups and namespaces are the lab's own already. */
export function qemuConf(plan: HostPlan): string {
  return [
    'user = "root"',
    'group = "root"',
    'security_driver = "none"',
    'cgroup_controllers = []',
    'namespaces = []',
    'remember_owner = 0',
    'stdio_handler = "file"',
    `migration_address = "${plan.address}"`,
    `migration_host = "${plan.address}"`,
    `default_tls_x509_cert_dir = "${certificatesFolder(plan.name)}"`,
    'default_tls_x509_verify = 1',
    '',
  ].join('\n');
}

/** `more` are further lines, which come first: sshd takes the first value it reads. */
export function sshdConfig(plan: HostPlan, port: number, pidFile: string, more: readonly string[] = []): string {
  const folder = hostFolder(plan.name);
  return [
    ...more,
    `ListenAddress ${plan.address}:${port}`,
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile ${pidFile}`,
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'MaxStartups 100',
    'AcceptEnv LC_* LANG',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}
