import { describe, expect, it } from 'vitest';
import { type FailedStart, startError } from '../../../src/virsh/startErrors.js';

const welcome =
  "Welcome to virsh, the virtualization interactive terminal.\n\nType:  'help' for help with commands\n       'quit' to quit\n\nvirsh # ";

/** What each host really printed on its error stream, and what is made of it. */
const refusals: readonly [who: string, stderr: string, sentence: RegExp, advice: RegExp, entryAtFault: boolean][] = [
  [
    'a host without virsh',
    'env: ‘virsh’: No such file or directory\n',
    /^hv1: env: ‘virsh’: No such file or directory$/,
    /Install libvirt-clients/,
    true,
  ],
  [
    'a host without virsh whose user is French',
    'env: «virsh»: No such file or directory\n',
    /^hv1: env: «virsh»/,
    /libvirt-clients/,
    true,
  ],
  [
    'a host without docker, by bash',
    'bash: line 1: docker: command not found\n',
    /docker: command not found/,
    /libvirt\.hosts/,
    true,
  ],
  ['a host without docker, by dash', 'sh: 1: docker: not found\n', /docker: not found/, /libvirt\.hosts/, true],
  [
    'a host without docker, by csh',
    'docker: Command not found.\n',
    /docker: Command not found/,
    /libvirt\.hosts/,
    true,
  ],
  [
    'a host without docker, by fish, which draws it',
    'fish: Unknown command: docker\nfish: \ndocker exec -i nova env LC_ALL=C virsh\n^~~~~^\n',
    /^hv1: fish: Unknown command: docker$/,
    /libvirt\.hosts/,
    true,
  ],
  ['a virsh that is no program', 'env: ‘/opt/virsh’: Permission denied\n', /Permission denied/, /may not run it/, true],
  [
    'libvirtd down',
    "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory\n",
    /^hv1: failed to connect to the hypervisor: Failed to connect socket/,
    /systemctl start libvirtd/,
    false,
  ],
  [
    'a user outside the group libvirt',
    "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied\n",
    /Permission denied/,
    /group libvirt/,
    true,
  ],
  [
    'a user whom polkit would have to ask',
    "error: failed to connect to the hypervisor\nerror: authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'\n",
    /no polkit agent/,
    /group libvirt/,
    true,
  ],
  [
    'an unknown URI',
    'error: failed to connect to the hypervisor\nerror: invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)\n',
    /transport in URL/,
    /"uri" of this host/,
    true,
  ],
  ['sudo without -n', 'sudo: a password is required\n', /a password is required/, /sudo does not let/, true],
  [
    'sudo with its lecture',
    '\nWe trust you have received the usual lecture from the local System\nAdministrator. It usually boils down to these three things:\n\n    #1) Respect the privacy of others.\n    #2) Think before you type.\n    #3) With great power comes great responsibility.\n\nsudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n',
    /^hv1: sudo: a terminal is required/,
    /sudo does not let/,
    true,
  ],
  ['sudo for others', 'ops is not in the sudoers file.\n', /not in the sudoers/, /sudo does not let/, true],
  [
    'sudo for virsh alone',
    'Sorry, user ops is not allowed to execute ‘/usr/bin/env LC_ALL=C virsh’ as root on hv1.\n',
    /not allowed to execute/,
    /env LC_ALL=C sudo -n virsh/,
    true,
  ],
  ['sudo-rs with -n', 'sudo: interactive authentication is required\n', /is required/, /sudo does not let/, true],
  ['sudo-rs with -n, anew', 'sudo: Interaction is required\n', /is required/, /sudo does not let/, true],
  [
    'sudo-rs for others',
    'sudo: Sorry, user ops may not run env on hv1.\n',
    /may not run env on hv1/,
    /sudo does not let/,
    true,
  ],
  [
    'docker that is down',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
    /Docker daemon/,
    /may not use the containers/,
    false,
  ],
  [
    'docker for others',
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/nova_libvirt/json": dial unix /var/run/docker.sock: connect: permission denied\n',
    /Docker daemon socket/,
    /may not use the containers/,
    false,
  ],
  [
    'docker for others, since 28',
    'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock\n',
    /docker API/,
    /may not use the containers/,
    false,
  ],
  [
    'docker without the container',
    'Error response from daemon: No such container: nova_libvirt\n',
    /No such container/,
    /Check the container/,
    true,
  ],
  [
    'docker with the container stopped',
    'Error response from daemon: container 6e1b is not running\n',
    /is not running/,
    /Check the container/,
    true,
  ],
  [
    'podman without the container',
    'Error: no container with name or ID "nova_libvirt" found: no such container\n',
    /no such container/,
    /Check the container/,
    true,
  ],
  [
    'podman with the container stopped',
    'Error: can only create exec sessions on running containers: container state improper\n',
    /exec sessions/,
    /Check the container/,
    true,
  ],
  [
    'kubectl without the pod',
    'Error from server (NotFound): pods "libvirt-0" not found\n',
    /NotFound/,
    /Check the container/,
    true,
  ],
  [
    'a container without virsh',
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "virsh": executable file not found in $PATH: unknown\n',
    /executable file not found/,
    /no virsh in it/,
    true,
  ],
  [
    'a container of podman without virsh, that stands in for docker',
    'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\nError: crun: executable file `virsh` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found\n',
    /^hv1: Error: crun: executable file/,
    /no virsh in it/,
    true,
  ],
  [
    'a pod whose container does not run yet',
    'error: unable to upgrade connection: container not found ("libvirt")\n',
    /^hv1: unable to upgrade connection: container not found/,
    /Check the container/,
    true,
  ],
  ['docker with -t', 'the input device is not a TTY\n', /not a TTY/, /"-t"/, true],
  [
    'a key for rsync alone',
    '/usr/bin/rrsync: SSH_ORIGINAL_COMMAND does not run rsync\n',
    /SSH_ORIGINAL_COMMAND/,
    /forced command/,
    false,
  ],
  [
    'a shell for git alone',
    "fatal: unrecognized command 'env LC_ALL=C virsh -c qemu:///system'\n",
    /unrecognized command/,
    /its shell/,
    false,
  ],
  [
    'a restricted shell',
    'rbash: line 1: /usr/bin/virsh: restricted: cannot specify `/\u0027 in command names\n',
    /restricted/,
    /its shell/,
    false,
  ],
  ['anything else', 'motd\nit is Tuesday\n', /^hv1: it is Tuesday$/, /Check "virsh" of this host/, true],
];

const ended = (exitCode: number | undefined): FailedStart['how'] => ({ kind: 'ended', exitCode, signal: undefined });

describe('a host on which virsh does not start', () => {
  it.each(refusals)('says so in its own words: %s', (_, stderr, sentence, advice, entryAtFault) => {
    const error = startError({ host: 'hv1', stdout: '', stderr, how: ended(1) });
    expect(error.message).toMatch(sentence);
    expect(error.advice).toMatch(advice);
    expect(error.entryAtFault).toBe(entryAtFault);
    expect(error.message).not.toMatch(/\n/);
  });

  it.each<[string, Omit<FailedStart, 'host'>, string, RegExp]>([
    [
      'because its login may run nothing',
      { stdout: 'This account is currently not available.\n', stderr: '', how: ended(1) },
      'hv1: instead of virsh came "This account is currently not available.".',
      /may not run virsh/,
    ],
    [
      'because a forced command ran instead',
      { stdout: 'backup of today: done\n', stderr: '', how: ended(0) },
      'hv1: instead of virsh came "backup of today: done".',
      /forced command/,
    ],
    [
      'in a container without -i',
      { stdout: welcome, stderr: '', how: ended(0) },
      'hv1: virsh started there, and ended before it was asked anything.',
      /"-i"/,
    ],
    [
      'without a word',
      { stdout: '', stderr: '', how: ended(255) },
      'hv1: virsh did not start: its command ended with exit code 255, without a word.',
      /Check "virsh"/,
    ],
    [
      'since a menu waits for an answer',
      { stdout: 'Choose:\n 1) backup\n> ', stderr: '', how: { kind: 'silent', limitMs: 20_000 } },
      'hv1: virsh did not start within 20 s; last came ">".',
      /forced command/,
    ],
    [
      'because libvirtd hangs',
      { stdout: '', stderr: '', how: { kind: 'silent', limitMs: 20_000 } },
      'hv1: virsh did not start within 20 s.',
      /libvirtd hangs/,
    ],
    [
      'but another shell',
      { stdout: 'x', stderr: '', how: { kind: 'notVirsh' } },
      "hv1: what answers there is not virsh's prompt.",
      /Check "virsh"/,
    ],
    [
      'because the connection was lost meanwhile',
      { stdout: '', stderr: '', how: ended(undefined) },
      'hv1: the connection ended while virsh was being started.',
      /^undefined$/,
    ],
  ])('%s', (_, failed, sentence, advice) => {
    const error = startError({ host: 'hv1', ...failed });
    expect(error.message).toBe(sentence);
    expect(String(error.advice)).toMatch(advice);
  });

  it('is quoted without what its text would do to a screen', () => {
    const error = startError({ host: 'hv1', stdout: '', stderr: 'red \u001b[31m\u202e\n', how: ended(1) });
    expect(error.message).toBe('hv1: red \\u001b[31m\\u202e');
  });
});
