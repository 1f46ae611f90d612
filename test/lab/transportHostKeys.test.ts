import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Answers } from '../unit/ssh/home.js';
import { ecdsa, ed25519, RecordingServer } from '../unit/ssh/recordingServer.js';
import { must } from './run.js';
import type { Sshd } from './sshd.js';
import { ContractScene, ways } from './transportContract.js';
import { alice } from './transportScene.js';

/** Which keys of hosts every transport takes, before real sshds. */
describe.each(ways)('by %s, a host key', (_way, { options, isSsh2 }) => {
  let scene: ContractScene;

  beforeEach(() => {
    scene = new ContractScene(options);
  });
  afterEach(() => scene.end());

  const fingerprintOf = async (server: Sshd): Promise<string> =>
    (await must(['ssh-keygen', '-lf', join(server.folder, 'host_key.pub')])).split(' ')[1] ?? '';

  it.each(['ask', 'accept-new', 'no'])(
    'that is not known is asked about with its fingerprint where StrictHostKeyChecking is %s, and known from then on',
    async (strict) => {
      const server = await scene.serve({}, `StrictHostKeyChecking ${strict}`);
      scene.know();
      await expect(scene.connect()).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
      await expect(scene.connect(new Answers(false))).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
      expect(scene.read('known_hosts')).toBe('');
      expect(server.log()).not.toMatch(/Accepted|Postponed|Failed/);

      const prompts = new Answers(true);
      await scene.connect(prompts);
      expect(prompts.hostKeys).toMatchObject([
        {
          destination: 'hv1',
          host: '127.0.0.1',
          port: server.port,
          keyType: 'ssh-ed25519',
          fingerprint: await fingerprintOf(server),
        },
      ]);
      expect(scene.read('known_hosts')).toBe(server.hostKeyLine());
      await scene.connect();
    },
  );

  it('that is not known is refused where StrictHostKeyChecking is yes', async () => {
    await scene.serve({}, 'StrictHostKeyChecking yes');
    scene.know();
    const prompts = new Answers(true);
    await expect(scene.connect(prompts)).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
    expect(prompts.hostKeys).toEqual([]);
  });

  it("that is accepted goes to the extension's own file where that is wished, and holds from there", async () => {
    const server = await scene.serve();
    scene.know();
    const own = { acceptedKeysFile: scene.path('accepted') };
    await scene.connect(new Answers(true), undefined, own);
    expect(scene.read('accepted')).toBe(server.hostKeyLine());
    expect(scene.read('known_hosts')).toBe('');
    await scene.connect(undefined, undefined, own);
  });

  it.each([
    ['hashed', true],
    ['on its port', false],
  ])('that is known by a name that is %s is taken without a question', async (_, hashed) => {
    await scene.serve();
    if (hashed) {
      await must(['ssh-keygen', '-q', '-H', '-f', scene.knownHosts]);
      expect(scene.read('known_hosts')).toMatch(/^\|1\|/);
    }
    await scene.connect();
  });

  it('that has changed is refused, with the line that disagrees, and nobody is asked', async () => {
    const server = await scene.serve({}, 'StrictHostKeyChecking no');
    const other = await scene.makeKey('other');
    scene.know('# mine\n', `[127.0.0.1]:${server.port} ${readFileSync(`${other}.pub`, 'utf8')}`);
    const prompts = new Answers(true);
    await expect(scene.connect(prompts)).rejects.toMatchObject({
      kind: 'hostKeyChanged',
      message: expect.stringContaining(`${scene.knownHosts} line 2`) as unknown,
      hostKey: { name: `[127.0.0.1]:${server.port}`, file: scene.knownHosts, line: 2 },
    });
    expect(prompts.hostKeys).toEqual([]);
    expect(server.log()).not.toMatch(/Accepted|Postponed|Failed/);
    await scene.nothingLeft(server);
  });

  it('that was revoked is refused, with the line that says so', async () => {
    const server = await scene.serve();
    scene.know(server.hostKeyLine(), `@revoked ${server.hostKeyLine()}`);
    const prompts = new Answers(true);
    await expect(scene.connect(prompts)).rejects.toMatchObject({
      kind: 'hostKeyRevoked',
      message: expect.stringContaining(`${scene.knownHosts} line 2`) as unknown,
    });
    scene.know('# mine\n', '@revoked * ' + server.hostKeyLine().split(' ').slice(1).join(' '));
    await expect(scene.connect(prompts)).rejects.toMatchObject({
      kind: 'hostKeyRevoked',
      message: expect.stringContaining(`${scene.knownHosts} line 2`) as unknown,
    });
    expect(prompts.hostKeys).toEqual([]);
    expect(server.log()).not.toMatch(/Accepted|Postponed|Failed/);
  });

  it(`that a list of RevokedHostKeys names is refused${isSsh2 ? ', as any is where only ssh can read the list' : ''}`, async () => {
    const server = await scene.serve();
    const list = scene.write('revoked', server.hostKeyLine().split(' ').slice(1).join(' '));
    scene.configure(server.port, `RevokedHostKeys ${list}`, `IdentityFile ${scene.path('id')}`);
    const prompts = new Answers(true);
    const revoked = { kind: 'hostKeyRevoked', message: expect.stringContaining(list) as unknown };
    const unread = { kind: 'hostKeyUnverifiable', message: expect.stringContaining('RevokedHostKeys') as unknown };
    await expect(scene.connect(prompts)).rejects.toMatchObject(isSsh2 ? unread : revoked);
    await expect(scene.connect(prompts, undefined, { transport: 'auto' })).rejects.toMatchObject(revoked);
    expect(prompts.hostKeys).toEqual([]);
    expect(server.log()).not.toMatch(/Accepted|Postponed|Failed/);
    scene.write('revoked', '');
    await scene.connect(undefined, undefined, { transport: 'auto' });
  });

  it(`that a KnownHostsCommand tells is ${isSsh2 ? "left to the system's ssh" : 'taken, and refused where it is revoked'}`, async () => {
    const server = await scene.serve();
    scene.know();
    const told = scene.write('told', server.hostKeyLine());
    scene.configure(server.port, `KnownHostsCommand /bin/cat ${told}`, `IdentityFile ${scene.path('id')}`);
    if (isSsh2) {
      await expect(scene.connect(new Answers(true))).rejects.toMatchObject({
        kind: 'hostKeyUnverifiable',
        message: expect.stringContaining('KnownHostsCommand') as unknown,
      });
    } else await scene.connect();
    await scene.connect(undefined, undefined, { transport: 'auto' });
    scene.write('told', `@revoked ${server.hostKeyLine()}`);
    scene.know(server.hostKeyLine());
    await expect(scene.connect(new Answers(true), undefined, { transport: 'auto' })).rejects.toMatchObject({
      kind: 'hostKeyRevoked',
    });
  });

  it('of RSA that is shorter than RequiredRSASize is not taken, though it is known', async () => {
    const hostKey = scene.path('rsa');
    await must(['ssh-keygen', '-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', hostKey]);
    const key = await scene.makeKey('id');
    const server = await scene.start({ authorizedKeys: [scene.publicKey('id')], hostKeys: [hostKey] });
    scene.know(server.hostKeyLine());
    scene.configure(server.port, 'RequiredRSASize 3072', `IdentityFile ${key}`);
    await expect(scene.connect(new Answers(true))).rejects.toMatchObject({
      kind: 'hostKeyUnknown',
      message: expect.stringContaining('RequiredRSASize') as unknown,
    });
    expect(server.log()).not.toMatch(/Accepted|Postponed|Failed/);
    scene.configure(server.port, 'RequiredRSASize 2048', `IdentityFile ${key}`);
    await scene.connect();
  });

  it('of somebody in the middle gets no secret, no answer and no command', async () => {
    const middle = await RecordingServer.start({
      hostKeys: [ed25519()],
      methods: ['publickey', 'password', 'keyboard-interactive'],
      password: alice.password,
    });
    scene.atEnd(() => middle.stop());
    const key = await scene.makeKey('id');
    scene.configure(middle.port, `IdentityFile ${key}`, 'StrictHostKeyChecking no');
    scene.know(`[127.0.0.1]:${middle.port} ${ed25519().public}\n`);
    await scene.secrets.store(`password root@127.0.0.1:${middle.port}`, alice.password);
    for (const prompts of [undefined, new Answers(true, [alice.password])]) {
      await expect(scene.connect(prompts)).rejects.toMatchObject({ kind: 'hostKeyChanged' });
    }
    await middle.allGone();
    expect([middle.attempts, middle.secrets, middle.commands]).toEqual([[], [], []]);
  });

  it(`of another type than is known gets no secret, and is ${isSsh2 ? 'asked about with a warning' : 'refused as changed'}`, async () => {
    const [known, other] = [ed25519(), ecdsa()];
    const middle = await RecordingServer.start({ hostKeys: [other], methods: ['password'] });
    scene.atEnd(() => middle.stop());
    scene.configure(middle.port, 'IdentityFile none', 'StrictHostKeyChecking no');
    scene.know(`[127.0.0.1]:${middle.port} ${known.public}\n`);
    await scene.secrets.store(`password root@127.0.0.1:${middle.port}`, alice.password);
    // To ssh any key beside a known one is a change, whatever its type.
    const kind = isSsh2 ? 'hostKeyUnknown' : 'hostKeyChanged';
    const prompts = new Answers(false);
    await expect(scene.connect()).rejects.toMatchObject({ kind });
    await expect(scene.connect(prompts)).rejects.toMatchObject({ kind });
    expect(prompts.hostKeys).toMatchObject(
      isSsh2 ? [{ keyType: 'ecdsa-sha2-nistp256', otherKnownTypes: ['ssh-ed25519'] }] : [],
    );
    await middle.allGone();
    expect([middle.attempts, middle.secrets]).toEqual([[], []]);
    expect(scene.secrets.kept.size).toBe(1);
  });

  it.each([
    ['is signed by a stranger', 'stranger', '-V +1d', 'is not known'],
    ['has expired', 'authority', '-V 20200101:20200102', 'certificate is not valid: expired'],
    ['is for another host', 'authority', '-n elsewhere', 'certificate is not valid: name is not a listed principal'],
  ])('whose certificate %s is not taken', async (_, signer, limits, words) => {
    const key = await scene.makeKey('id');
    await scene.makeKey('authority');
    await scene.makeKey('stranger');
    const hostKey = await scene.makeKey('host_key');
    await must(`ssh-keygen -q -s ${scene.path(signer)} -I hv1 -h ${limits} ${hostKey}.pub`.split(' '));
    const server = await scene.start({
      authorizedKeys: [scene.publicKey('id')],
      hostKeys: [hostKey],
      lines: [`HostCertificate ${hostKey}-cert.pub`],
    });
    scene.configure(server.port, `IdentityFile ${key}`, 'StrictHostKeyChecking no');
    scene.know(`@cert-authority * ${scene.publicKey('authority')}\n`);
    const unknown = { kind: 'hostKeyUnknown', message: expect.stringContaining(words) as unknown };
    await expect(scene.connect()).rejects.toMatchObject(isSsh2 ? { kind: 'hostKeyUnverifiable' } : unknown);
    await expect(scene.connect(undefined, undefined, { transport: 'auto' })).rejects.toMatchObject(unknown);
    expect(server.log()).not.toMatch(/Accepted|Postponed|Failed/);
    await scene.nothingLeft(server);
  });

  it(`that an authority vouches for is ${isSsh2 ? "refused as none of ssh2's" : 'taken'}`, async () => {
    await scene.makeKey('id');
    const authority = await scene.makeKey('authority');
    const hostKey = await scene.makeKey('host_key');
    await must(`ssh-keygen -q -s ${authority} -I hv1 -h -n 127.0.0.1 ${hostKey}.pub`.split(' '));
    const certified = await scene.start({
      authorizedKeys: [scene.publicKey('id')],
      hostKeys: [hostKey],
      lines: [`HostCertificate ${hostKey}-cert.pub`],
    });
    scene.configure(certified.port, `IdentityFile ${scene.path('id')}`);
    scene.know(`@cert-authority * ${scene.publicKey('authority')}\n`);
    if (isSsh2) {
      await expect(scene.connect(new Answers(true))).rejects.toMatchObject({
        kind: 'hostKeyUnverifiable',
        opensshMay: expect.stringContaining('authority') as unknown,
      });
    } else await scene.connect();
    await scene.connect(undefined, undefined, { transport: 'auto' });
  });
});
