import { chmodSync, existsSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { SshError, type TransportName } from '../../src/ssh/types.js';
import { abortJob, domainState, domainXml, setSpeed } from '../../src/virsh/commands.js';
import { MemorySecrets } from '../memorySecrets.js';
import { uuid } from '../unit/scriptedHypervisor.js';
import { run, until } from './run.js';
import { Sshd } from './sshd.js';
import { TransportScene } from './transportScene.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
/** A virsh waits for its turn for 2 s, and a login on a busy machine takes its time. */
const soonMs = 6_000;
/** After a sample that is not answered for 10 s, a host that migrates is tried again within 5 s. */
const backMs = 20_000;

/** A virsh in all that is asked of it here. One whose sample hangs does not notice that nobody waits for it, as the real one. */
const virsh = `#!/bin/bash
folder=\${0%/*}
echo 'Welcome to virsh, the virtualization interactive terminal.'
while printf 'virsh # ' && IFS= read -r line; do
  case $line in
    echo*) word=\${line#echo }; echo "\${word//\\"/}"; continue ;;
    e????????????????) echo "error: unknown command: '$line'" >&2; continue ;;
    'help event') echo '[--all] [--loop] [--timestamp]' ;;
    'help migrate') echo '[--postcopy]' ;;
    list*) echo '${uuid}' ;;
    dumpxml*) echo "<domain type='kvm'><name>web-1</name><uuid>${uuid}</uuid></domain>" ;;
    domstate*) while [ -e "$folder/hang" ]; do sleep 0.2; done; echo 'running (booted)' ;;
    event*) echo listening >> "$folder/events"; sleep 2; echo 'events received: 0' ;;
    domjobabort*) echo aborted >> "$folder/done" ;;
  esac
  echo
done
`;

describe('few sessions a connection, of a real sshd', () => {
  let scene: TransportScene;
  let server: Sshd;
  let host: VirshHypervisor;
  /** Whether a login would need somebody. */
  let asks: boolean;

  beforeEach(() => {
    scene = new TransportScene({});
    chmodSync(scene.write('virsh', virsh), 0o755);
    asks = false;
  });
  afterEach(async () => {
    host.dispose();
    rmSync(scene.path('hang'), { force: true });
    await scene.nothingLeft(server);
    await server.dispose();
    scene.dispose();
  });

  async function connect(maxSessions: number, transport: TransportName): Promise<void> {
    const key = await scene.makeKey('id');
    server = await Sshd.start({
      authorizedKeys: [scene.publicKey('id')],
      lines: [`MaxSessions ${maxSessions}`],
    });
    scene.know(server.hostKeyLine());
    scene.configure(server.port, `IdentityFile ${key}`);
    const connector = new SshConnector({
      credentials: new CredentialStore(new MemorySecrets()),
      configFile: scene.config,
      transport,
    });
    host = new VirshHypervisor(
      {
        name: 'hv1',
        destination: 'hv1',
        uri: 'qemu:///system',
        virsh: scene.path('virsh'),
        readOnly: false,
        group: undefined,
      },
      {
        connector: {
          connect: (...args) =>
            asks ? Promise.reject(new SshError('authentication', 'It asks.')) : connector.connect(...args),
        },
        log: silent,
        isMigrating: () => true,
      },
    );
    await host.connect();
    expect(host.status).toMatchObject({ kind: 'connected' });
  }

  const virshThere = async (): Promise<number> => {
    const { stdout } = await run(['pgrep', '-f', `bash ${scene.path('virsh')}`]);
    return stdout.split('\n').filter((line) => line !== '').length;
  };
  const isThere = (file: string): true | undefined => (existsSync(scene.path(file)) ? true : undefined);

  it.each([
    [1, 'ssh2'],
    [1, 'openssh'],
    [2, 'ssh2'],
    [2, 'openssh'],
    [3, 'ssh2'],
    [4, 'openssh'],
  ] as const)('%i, by %s: all is done, and an abort does not wait for a sample that hangs', async (max, transport) => {
    await connect(max, transport);
    expect([...host.domains.values()]).toMatchObject([{ name: 'web-1', state: 'running' }]);
    await Promise.all([
      ...[1, 2, 3].map((speed) => host.run(setSpeed(uuid, speed))),
      host.run(domainState(uuid)),
      host.run(domainXml(uuid)),
    ]);
    expect(await virshThere()).toBeLessThanOrEqual(max);
    expect(host.notice).toContain(`allows ${max} session`);
    if (max >= 3) await until('an event stream', () => isThere('events'), soonMs);
    else expect(isThere('events')).toBeUndefined();

    scene.write('hang', '');
    const sample = host.run(domainState(uuid));
    await host.run(abortJob(uuid));
    expect(isThere('done')).toBe(true);
    rmSync(scene.path('hang'));
    expect(await sample).toMatchObject({ state: 'running' });
  });

  it('1, where a further login would ask: an abort that can have no turn is not carried out later', async () => {
    await connect(1, 'ssh2');
    scene.write('hang', '');
    asks = true;
    const sample = expect(host.run(domainState(uuid))).rejects.toThrow('was not answered');
    await expect(host.run(abortJob(uuid))).rejects.toThrow('opens no further session');
    await sample;
    rmSync(scene.path('hang'));
    await until('its end', async () => ((await virshThere()) === 0 ? true : undefined), soonMs);
    expect(isThere('done')).toBeUndefined();
  }, 30_000);

  it('1, kept by a virsh that hangs: the host is reached anew, and an abort gets through', async () => {
    await connect(1, 'ssh2');
    scene.write('hang', '');
    await expect(host.run(domainState(uuid))).rejects.toThrow('was not answered');
    await expect(host.run(domainXml(uuid))).rejects.toThrow('opens no further session');
    expect(host.status.kind).toBe('reconnecting');
    rmSync(scene.path('hang'));
    await until('hv1 to be back', () => (host.status.kind === 'connected' ? true : undefined), backMs);
    await host.run(abortJob(uuid));
    expect(isThere('done')).toBe(true);
  }, 40_000);
});
