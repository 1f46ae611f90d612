import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectPrompts, HostKeyQuestion, PasswordQuestion } from '../../src/ssh/types.js';
import { Answers } from '../unit/ssh/home.js';
import type { Sshd } from './sshd.js';
import { ContractScene, ways } from './transportContract.js';
import { alice, said } from './transportScene.js';

const lines = ['PasswordAuthentication yes', 'PubkeyAuthentication no'];
const atGate = { ...alice, password: 'of the gate' };
const atHost = { ...alice, password: 'of the host' };

/** Two hosts of the same address and the same user, one behind the other: only their names here and their ports differ. */
describe.each(ways)('by %s, a host behind one that has its name', (_way, { options, isSsh2 }) => {
  let scene: ContractScene;
  let gate: Sshd;
  let host: Sshd;

  beforeEach(async () => {
    scene = new ContractScene(options);
    [gate, host] = await Promise.all([
      scene.start({ accounts: [atGate], lines }),
      scene.start({ accounts: [atHost], lines }),
    ]);
    scene.know(gate.hostKeyLine(), host.hostKeyLine());
    configure();
  });
  afterEach(() => scene.end());

  /** The gate is `gate`, the host behind it `hv1`, with these lines besides. */
  function configure(...more: readonly string[]): void {
    const login = ['User alice', 'IdentityFile none'];
    scene.configure(gate.port, ...login);
    const ofGate = scene.read('config').replace('Host hv1', 'Host gate');
    scene.configure(host.port, ...login, 'ProxyJump gate', ...more);
    scene.write('config', scene.read('config') + ofGate);
  }

  /** A user who knows each host's password, and whether a key is its own. */
  function person(passwords: Readonly<Record<string, string>>): ConnectPrompts & { readonly asked: string[] } {
    const asked: string[] = [];
    return {
      asked,
      confirmHostKey: ({ destination, port }: HostKeyQuestion) => {
        asked.push(`key of ${destination}:${port}`);
        return Promise.resolve(true);
      },
      passphrase: () => Promise.resolve(undefined),
      password: ({ destination, port }: PasswordQuestion, attempt: number) => {
        asked.push(`password of ${destination}:${port} ${attempt}`);
        const secret = passwords[destination];
        return Promise.resolve(secret === undefined ? undefined : { secret, keep: true });
      },
      challenge: () => Promise.resolve(undefined),
    };
  }
  const kept = ({ port }: Sshd): string => `password alice@127.0.0.1:${port}`;
  const failures = (server: Sshd): number => server.log().match(/Failed password/g)?.length ?? 0;

  it('is asked about after it, each by its own name, and each gets its own password only', async () => {
    scene.know();
    const user = person({ gate: atGate.password, hv1: atHost.password });
    const connection = await scene.connect(user);
    expect((await said(connection, 'echo "$SSH_CONNECTION"')).stdout).toContain(` ${host.port}\n`);
    expect(user.asked).toEqual([
      `key of gate:${gate.port}`,
      `password of gate:${gate.port} 1`,
      `key of hv1:${host.port}`,
      `password of hv1:${host.port} 1`,
    ]);
    expect([failures(gate), failures(host)]).toEqual([0, 0]);
    expect(scene.read('known_hosts')).toBe(gate.hostKeyLine() + host.hostKeyLine());

    // Both are kept apart, so that nobody is needed any more.
    await scene.connect();
    expect([failures(gate), failures(host)]).toEqual([0, 0]);
  });

  it('is not reached where a kept password of the first is wrong: that one is forgotten, the other is not', async () => {
    await scene.secrets.store(kept(gate), 'old');
    await scene.secrets.store(kept(host), atHost.password);
    await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    expect([failures(gate), host.connections()]).toEqual([1, 0]);
    expect([...scene.secrets.kept.keys()].filter((key) => key.startsWith('password'))).toEqual([kept(host)]);
    await scene.nothingLeft(gate, host);
  });

  it.each([
    ['that is kept and wrong', undefined],
    ['that nobody gives', {}],
  ])('and refuses a password %s costs the first none of its own', async (_, passwords) => {
    await scene.secrets.store(kept(gate), atGate.password);
    if (passwords === undefined) await scene.secrets.store(kept(host), 'old');
    const connecting = scene.connect(passwords === undefined ? undefined : person(passwords));
    await expect(connecting).rejects.toMatchObject({ kind: 'authentication' });
    expect([failures(gate), failures(host)]).toEqual([0, passwords === undefined ? 1 : 0]);
    expect([...scene.secrets.kept.keys()].filter((key) => key.startsWith('password'))).toEqual([kept(gate)]);
    await scene.nothingLeft(gate, host);
  });

  it('and is offered nothing that it takes costs the first none of its own', async () => {
    configure('PasswordAuthentication no');
    await scene.secrets.store(kept(gate), atGate.password);
    await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    expect([failures(gate), host.connections()]).toEqual([0, 1]);
    expect(scene.secrets.kept.get(kept(gate))).toBe(atGate.password);
  });

  it('that is not there costs the first none of its own, typed or kept, and is tried again', async () => {
    await host.kill();
    const user = person({ gate: atGate.password });
    await expect(scene.connect(user)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(scene.secrets.kept.get(kept(gate))).toBe(atGate.password);
    for (let times = 0; times < 2; times += 1) {
      await expect(scene.connect()).rejects.toMatchObject({ kind: 'unreachable' });
    }
    expect(gate.log().match(/Accepted password for alice/g)).toHaveLength(3);
    await scene.nothingLeft(gate);
  });

  it('with an unknown key gets nothing in the background, and says which of the two it is', async () => {
    await scene.secrets.store(kept(gate), atGate.password);
    await scene.secrets.store(kept(host), atHost.password);
    scene.know(gate.hostKeyLine());
    await expect(scene.connect()).rejects.toMatchObject({
      kind: 'hostKeyUnknown',
      message: expect.stringMatching(isSsh2 ? /hv1/ : /hv1|127\.0\.0\.1/) as unknown,
    });
    expect(host.log()).not.toMatch(/Accepted|Failed|Postponed|alice/);
    scene.know(host.hostKeyLine());
    await expect(scene.connect()).rejects.toMatchObject({
      kind: 'hostKeyUnknown',
      message: expect.stringContaining('gate') as unknown,
    });
    await scene.nothingLeft(gate, host);
  });
});

/** A way that neither transport knows anything of: the command asks by itself. */
describe.each([
  ['auto', undefined],
  ["the system's ssh", 'openssh'],
] as const)('by %s, a host behind an ssh of a ProxyCommand', (_way, transport) => {
  let scene: ContractScene;
  let gate: Sshd;
  let host: Sshd;

  beforeEach(async () => {
    scene = new ContractScene({ transport: transport ?? 'auto' });
    const key = await scene.makeKey('id');
    const authorizedKeys = [scene.publicKey('id')];
    [gate, host] = await Promise.all([scene.start({ authorizedKeys }), scene.start({ authorizedKeys })]);
    scene.configure(gate.port, `IdentityFile ${key}`);
    const ofGate = scene.read('config').replace('Host hv1', 'Host gate');
    scene.configure(host.port, `IdentityFile ${key}`, `ProxyCommand ssh -F ${scene.config} -W %h:%p gate`);
    scene.write('config', scene.read('config') + ofGate);
    scene.know(host.hostKeyLine());
  });
  afterEach(() => scene.end());

  it('asks about the key of the first in the editor, and nobody in the background', async () => {
    await expect(scene.connect()).rejects.toMatchObject({
      kind: expect.stringMatching(/unreachable|hostKeyUnknown/) as unknown,
    });
    expect(gate.log()).not.toContain('Accepted');
    const prompts = new Answers(true);
    await scene.connect(prompts);
    expect(prompts.hostKeys).toMatchObject([{ host: '127.0.0.1', port: gate.port, keyType: 'ssh-ed25519' }]);
    expect(scene.read('known_hosts')).toContain(gate.hostKeyLine());
    await scene.connect();
    await scene.end();
    await scene.nothingLeft();
  });
});
