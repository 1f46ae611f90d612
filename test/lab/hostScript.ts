import { type HostPlan, hostFolder, hostPlans } from './layout.js';

/** What a host has of its own, and where it sees it. A home of its own keeps this machine's root out of the game. */
const ownFolders: readonly (readonly [folder: string, seenAt: string])[] = [
  ['run', '/run'],
  ['etc', '/etc/libvirt'],
  ['lib', '/var/lib/libvirt'],
  ['log', '/var/log/libvirt'],
  ['cache', '/var/cache/libvirt'],
  ['root', '/root'],
];

export const ownFolderNames: readonly string[] = [...ownFolders.map(([folder]) => folder), 'conf'];

/**
 * Process 1 of a host: makes it a machine of its own, starts its daemons, then reaps orphans for ever. Without reaping,
 * libvirtd waits for QEMU's parent, which nobody ever buries, and a migration hangs in set-up.
 */
export function hostScript(plan: HostPlan): string {
  const folder = hostFolder(plan.name);
  return `#!/bin/bash
set -e
mount --make-rprivate /
hostname ${plan.name}
ip link set lo up
cp -a /etc/libvirt/. ${folder}/etc/
cp -a ${folder}/conf/. ${folder}/etc/
${ownFolders.map(([from, to]) => `mount --bind ${folder}/${from} ${to}`).join('\n')}
mount --bind ${folder}/hosts /etc/hosts
cd /
mkdir -p /run/sshd /run/libvirt /var/lib/libvirt/images
virtlogd -d
libvirtd -d --listen
/usr/sbin/sshd -f ${folder}/sshd_config -E ${folder}/sshd.log
echo up > ${folder}/started
set +e
while :; do sleep 1 & wait $!; done
`;
}

export function hostsFile(): string {
  return ['127.0.0.1 localhost', ...hostPlans.map(({ address, name }) => `${address} ${name}`), ''].join('\n');
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
