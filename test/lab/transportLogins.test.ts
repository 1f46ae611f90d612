import { spawn } from 'node:child_process';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Answers, appearance } from '../unit/ssh/home.js';
import { ed25519, RecordingServer } from '../unit/ssh/recordingServer.js';
import { must, until } from './run.js';
import { ContractScene, ways } from './transportContract.js';
import { alice, said } from './transportScene.js';

const passphrase = 'open sesame';

/** How every transport logs in, before real sshds. */
describe.each(ways)('by %s, a login', (_way, { options, isSsh2, shares }) => {
  let scene: ContractScene;

  beforeEach(() => {
    scene = new ContractScene(options);
  });
  afterEach(() => scene.end());

  it('with an encrypted key asks its passphrase once, and keeps it only where that is wished', async () => {
    const key = await scene.makeKey('locked', passphrase);
    const { port } = await scene.serve({ authorizedKeys: [scene.publicKey('locked')] });
    scene.configure(port, `IdentityFile ${key}`);
    const prompts = new Answers(true, ['wrong', passphrase]);
    await scene.connect(prompts);
    expect(prompts.passphrases).toEqual([`${key} 1`, `${key} 2`]);
    expect(scene.secrets.kept.size).toBe(0);
    await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });

    const keeping = new Answers(true, [passphrase]);
    keeping.keep = true;
    const connection = await scene.connect(keeping);
    expect((await said(connection, 'echo in; echo again')).stdout).toBe('in\nagain\n');
    expect(keeping.passphrases).toEqual([`${key} 1`]);
    await scene.connect();
  });

  it("takes the agent's keys", async () => {
    const key = await scene.makeKey('id');
    const server = await scene.start({ authorizedKeys: [scene.publicKey('id')] });
    scene.know(server.hostKeyLine());
    const socket = scene.path('agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    scene.atEnd(() => agent.kill());
    await appearance(socket);
    await must(['env', `SSH_AUTH_SOCK=${socket}`, 'ssh-add', '-q', key]);
    scene.configure(server.port, `IdentityAgent ${socket}`, 'IdentitiesOnly no', 'IdentityFile none');
    await scene.connect();
    await until('its word', () => server.log().includes('Accepted publickey for root') || undefined, 10_000);
  });

  it('by password asks again after a wrong one, and keeps the right one where that is wished', async () => {
    const server = await scene.serve({ accounts: [alice], lines: ['PasswordAuthentication yes'] });
    scene.configure(server.port, 'User alice', 'IdentityFile none');
    const prompts = new Answers(true, ['wrong', alice.password]);
    prompts.keep = true;
    const connection = await scene.connect(prompts);
    expect((await said(connection, 'id -un')).stdout).toBe('alice\n');
    expect(prompts.passwords).toEqual([`alice@127.0.0.1:${server.port} 1`, `alice@127.0.0.1:${server.port} 2`]);
    expect(server.log().match(/Failed password/g)).toHaveLength(1);
    await scene.connect();
  });

  it('by password is not tried more often than is configured, and what was kept is forgotten', async () => {
    const server = await scene.serve({ accounts: [alice], lines: ['PasswordAuthentication yes'] });
    scene.configure(server.port, 'User alice', 'IdentityFile none', 'NumberOfPasswordPrompts 2');
    const key = `password alice@127.0.0.1:${server.port}`;
    await scene.secrets.store(key, 'old');
    await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.log().match(/Failed password/g)).toHaveLength(1);
    expect(scene.secrets.kept.has(key)).toBe(false);
    await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.log().match(/Failed password/g)).toHaveLength(1);

    await expect(scene.connect(new Answers(true, ['a', 'b', 'c']))).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.log().match(/Failed password/g)).toHaveLength(3);
    expect(scene.secrets.kept.size).toBe(0);
  });

  it.each([
    ['hangs up', 'password'],
    ['hangs up', 'keyboard-interactive'],
    ['goes silent', 'password'],
    ['goes silent', 'keyboard-interactive'],
  ] as const)('to a server that %s at the kept %s is not tried again without the user', async (onSecret, method) => {
    // In the background ssh answers no questions, and so gives nothing away.
    const isSent = isSsh2 || method === 'password';
    const hostKey = ed25519();
    const server = await RecordingServer.start({
      hostKeys: [hostKey],
      methods: [method],
      password: alice.password,
      rounds: [{ prompts: [{ prompt: 'Password: ', echo: false }], answers: [alice.password] }],
      onSecret,
    });
    scene.atEnd(() => server.stop());
    scene.know(`[127.0.0.1]:${server.port} ${hostKey.public}\n`);
    // All of a login, by ssh a program that asks included, has to fit; only who goes silent lets it pass.
    scene.configure(server.port, 'User alice', 'IdentityFile none', 'ConnectTimeout 8');
    const key = `password alice@127.0.0.1:${server.port}`;
    await scene.secrets.store(key, alice.password);
    for (let times = 0; times < 3; times += 1) {
      await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    }
    expect(server.secrets).toEqual(isSent ? [alice.password] : []);
    // Nobody has said that it is wrong.
    if (isSent) expect(scene.secrets.kept.get(key)).toBe(alice.password);
    await scene.nothingLeft();
  });

  it('by a password that was changed since is tried once, and ends the connection', async () => {
    const hostKey = ed25519();
    const server = await RecordingServer.start({
      hostKeys: [hostKey],
      methods: ['password'],
      password: alice.password,
      onExec: (_, channel) => {
        channel.exit(0);
        channel.end();
      },
    });
    scene.atEnd(() => server.stop());
    scene.know(`[127.0.0.1]:${server.port} ${hostKey.public}\n`);
    scene.configure(server.port, 'User alice', 'IdentityFile none');
    const key = `password alice@127.0.0.1:${server.port}`;
    await scene.secrets.store(key, alice.password);
    const connection = await scene.connect();
    const ended = new Promise((resolve) => connection.onClose(resolve));
    server.script.password = 'another';
    const commands = await Promise.allSettled([1, 2, 3].map(() => connection.exec('true')));
    if (shares) {
      // One login is enough for all that is to come.
      expect(commands.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
      expect(server.secrets).toEqual([alice.password]);
      return;
    }
    expect(await ended).toMatchObject({ kind: 'authentication' });
    await expect(connection.exec('true')).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.secrets).toEqual([alice.password, alice.password]);
    expect(scene.secrets.kept.has(key)).toBe(false);
    await scene.nothingLeft();
  });

  it('that is given up at the question leaves nothing, and sends nothing', async () => {
    const server = await scene.serve({ accounts: [alice], lines: ['PasswordAuthentication yes'] });
    scene.configure(server.port, 'User alice', 'IdentityFile none');
    await expect(scene.connect(new Answers(true, []))).rejects.toMatchObject({ kind: 'authentication' });
    const abort = new AbortController();
    const prompts = new Answers(true, []);
    prompts.password = () => {
      abort.abort();
      return new Promise(() => undefined);
    };
    await expect(scene.connect(prompts, abort.signal)).rejects.toMatchObject({ kind: 'cancelled' });
    await scene.nothingLeft(server);
    expect(server.log()).not.toContain('Failed password');
  });

  if (!shares) {
    it('by a code that is another one each time is asked by the user only, and a command says why it is not run', async () => {
      const [hostKey, userKey] = [ed25519(), ed25519()];
      const server = await RecordingServer.start({
        hostKeys: [hostKey],
        accepts: [userKey],
        afterKey: ['keyboard-interactive'],
        rounds: [{ prompts: [{ prompt: 'Code: ', echo: true }], answers: ['123456'] }],
      });
      scene.atEnd(() => server.stop());
      scene.know(`[127.0.0.1]:${server.port} ${hostKey.public}\n`);
      scene.configure(server.port, `IdentityFile ${scene.write('id', userKey.private)}`);
      const prompts = new Answers(true);
      prompts.codes = ['123456'];
      const connection = await scene.connect(prompts);
      await expect(connection.exec('true')).rejects.toMatchObject({
        kind: 'authentication',
        message: expect.stringContaining('keyboard-interactive') as unknown,
      });
      expect(prompts.challenges).toHaveLength(1);
      expect(server.secrets).toEqual(['123456']);
      expect(server.commands).toEqual([]);
    });
  } else {
    it('by two questions of PAM asks both, each time anew', async () => {
      const server = await scene.serve({
        accounts: [alice],
        lines: ['KbdInteractiveAuthentication yes', 'AuthenticationMethods keyboard-interactive'],
        pam: [
          'auth required pam_unix.so',
          'auth required pam_ftp.so users=alice ignore',
          'account required pam_permit.so',
          'session required pam_permit.so',
        ],
      });
      scene.configure(server.port, 'User alice', 'IdentityFile none');
      const prompts = new Answers(true, [alice.password]);
      const asked: string[] = [];
      prompts.challenge = ({ prompts: [first] }) => {
        asked.push(first?.text ?? '');
        return Promise.resolve([first?.text.includes('Password') === true ? alice.password : 'alice@example.org']);
      };
      const connection = await scene.connect(prompts);
      expect((await said(connection, 'id -un')).stdout).toBe('alice\n');
      expect([...prompts.passwords, ...asked]).toHaveLength(2);
      expect(asked.at(-1)).toContain('e-mail');
      await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    });

    it('by a key and then two questions at once asks them with their words', async () => {
      const prompts = [
        { prompt: 'Code: ', echo: true },
        { prompt: 'PIN: ', echo: false },
      ];
      const hostKey = ed25519();
      const userKey = ed25519();
      const server = await RecordingServer.start({
        hostKeys: [hostKey],
        accepts: [userKey],
        afterKey: ['keyboard-interactive'],
        rounds: [{ name: 'Second factor', instruction: 'Look at your phone.', prompts, answers: ['123456', '0000'] }],
      });
      scene.atEnd(() => server.stop());
      scene.know(`[127.0.0.1]:${server.port} ${hostKey.public}\n`);
      scene.configure(server.port, `IdentityFile ${scene.write('id', userKey.private)}`);
      const answers = new Answers(true);
      const texts: string[] = [];
      answers.challenge = (question) => {
        texts.push(...question.prompts.map(({ text }) => text));
        return Promise.resolve(question.prompts.map(({ text }) => (text.includes('Code') ? '123456' : '0000')));
      };
      await scene.connect(answers);
      expect(texts.map((text) => text.trim())).toEqual(['Code:', 'PIN:']);
      expect(server.secrets).toEqual(['123456', '0000']);
    });
  }

  it(`with a certificate is ${isSsh2 ? "left to the system's ssh" : 'done'}`, async () => {
    const authority = await scene.makeKey('authority');
    const server = await scene.serve({
      authorizedKeys: [],
      lines: [`TrustedUserCAKeys ${authority}.pub`],
    });
    await must(`ssh-keygen -q -s ${authority} -I me -n root ${scene.path('id')}.pub`.split(' '));
    if (isSsh2) {
      await expect(scene.connect()).rejects.toMatchObject({
        kind: 'authentication',
        advice: expect.stringContaining('certificate') as unknown,
        opensshMay: expect.stringContaining('certificate') as unknown,
      });
    } else await scene.connect();
    await scene.connect(undefined, undefined, { transport: 'auto' });
    expect(scene.notices.at(-1)).toContain('is logged in to with the certificate');
    expect(server.log()).toContain('Accepted publickey for root');
  });

  it.each([
    [
      'has only what is new',
      [
        'KexAlgorithms curve25519-sha256',
        'Ciphers chacha20-poly1305@openssh.com',
        'MACs hmac-sha2-512-etm@openssh.com',
      ],
      true,
    ],
    ['has only what ssh2 lacks', ['KexAlgorithms sntrup761x25519-sha512@openssh.com'], false],
  ])('to a server that %s works where it can', async (_, lines, bySsh2) => {
    await scene.serve({ lines });
    if (isSsh2 && !bySsh2) {
      await expect(scene.connect()).rejects.toMatchObject({
        kind: 'unreachable',
        opensshMay: expect.stringContaining('in common') as unknown,
      });
    } else expect((await said(await scene.connect(), 'echo in')).stdout).toBe('in\n');
    const auto = await scene.connect(undefined, undefined, { transport: 'auto' });
    expect(auto.transport).toBe(bySsh2 ? 'ssh2' : 'openssh');
  });

  it('that fails has its secrets in no message, and in no notice', async () => {
    const key = await scene.makeKey('locked', passphrase);
    const server = await scene.serve({ accounts: [alice], lines: ['PasswordAuthentication yes'] });
    const wrong = ['wrong in one way', 'wrong in two ways', 'wrong in all ways'];
    const kept = `password alice@127.0.0.1:${server.port}`;
    const failed = async (prompts?: Answers): Promise<string> => {
      const error: unknown = await scene.connect(prompts).then(
        () => 'no failure',
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ kind: 'authentication' });
      // With all that it carries, and what it was caused by.
      return inspect(error, { depth: Infinity, showHidden: true });
    };
    scene.configure(server.port, 'User alice', `IdentityFile ${key}`);
    const told = [await failed(new Answers(true, wrong))];
    scene.configure(server.port, 'User alice', 'IdentityFile none');
    await scene.secrets.store(kept, wrong[0] ?? '');
    told.push(await failed());
    told.push(await failed(new Answers(true, wrong)));
    // By the right passphrase, which opens a key that is not taken.
    scene.configure(server.port, 'User alice', `IdentityFile ${key}`, 'PasswordAuthentication no');
    const opening = new Answers(true, [passphrase]);
    opening.keep = true;
    told.push(await failed(opening));
    const all = [...told, ...scene.notices].join('\n');
    for (const secret of [...wrong, passphrase]) expect(all).not.toContain(secret);
    expect(server.log().match(/Failed password/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('has its secrets in no process, and in no file', async () => {
    const key = await scene.makeKey('locked', passphrase);
    const server = await scene.serve({
      accounts: [alice],
      authorizedKeys: [scene.publicKey('locked')],
      lines: ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password'],
    });
    scene.configure(server.port, 'User alice', `IdentityFile ${key}`);
    const seen: string[] = [];
    const disclosed = (): string[] => scene.disclosures(passphrase, alice.password);
    const prompts = new Answers(true);
    prompts.passphrase = () => Promise.resolve({ secret: passphrase, keep: true });
    prompts.password = () => {
      // By now the passphrase has gone its way.
      seen.push(...disclosed());
      return Promise.resolve({ secret: alice.password, keep: true });
    };
    const connection = await scene.connect(prompts);
    seen.push(...disclosed());
    expect((await said(connection, 'id -un')).stdout).toBe('alice\n');
    seen.push(...disclosed());
    expect(seen).toEqual([]);
    expect(scene.notices.join('\n')).not.toMatch(new RegExp(`${passphrase}|${alice.password}`));
  });
});
