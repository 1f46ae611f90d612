import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialStore } from '../../../src/ssh/credentials.js';
import { isPasswordPrompt } from '../../../src/ssh/ssh2/secrets.js';
import type { HostConnection } from '../../../src/ssh/types.js';
import { Answers, appearance, Home } from './home.js';
import { ed25519, RecordingServer, type ServerScript } from './recordingServer.js';

const hostKey = ed25519();
const userKey = ed25519();
const never = new AbortController().signal;
const password = 'correct horse';

const twoFactors = {
  name: 'Second factor',
  instruction: 'Look at your phone.',
  prompts: [
    { prompt: 'Code: ', echo: true },
    { prompt: 'PIN: ', echo: false },
  ],
  answers: ['123456', '0000'],
};
const passwordPrompt = { prompts: [{ prompt: 'Password: ', echo: false }], answers: [password] };

let home: Home;
const opened: { dispose(): void }[] = [];

beforeEach(() => {
  home = new Home();
});
afterEach(() => {
  for (const item of opened.splice(0).reverse()) item.dispose();
  home.remove();
});

async function serverOf(script: Partial<ServerScript>): Promise<RecordingServer> {
  const server = await RecordingServer.start({ hostKeys: [hostKey], accepts: [userKey], ...script });
  opened.push({ dispose: () => server.stop() });
  home.trust(server.port, hostKey);
  return server;
}

async function login(
  server: RecordingServer,
  prompts?: Answers,
  keywords: Record<string, string> = {},
  connector = home.connector(keywords),
): Promise<HostConnection> {
  const connection = await connector.connect(`root@127.0.0.1:${server.port}`, prompts, never);
  opened.push(connection);
  return connection;
}

const nameOf = (server: RecordingServer): string => `password root@127.0.0.1:${server.port}`;

function keeping(...secrets: string[]): Answers {
  const answers = new Answers(true, secrets);
  answers.keep = true;
  return answers;
}

describe('a password', () => {
  const byPassword = { methods: ['password'], password } as const;

  it('is asked, and asked again when it was wrong', async () => {
    const server = await serverOf(byPassword);
    const prompts = new Answers(true, ['wrong', password]);
    await login(server, prompts);
    expect(prompts.passwords).toEqual([`root@127.0.0.1:${server.port} 1`, `root@127.0.0.1:${server.port} 2`]);
    expect(server.secrets).toEqual(['wrong', password]);
    expect(home.secrets.kept.size).toBe(0);
  });

  it('is kept only where the user says so, and then logs in without anybody', async () => {
    const server = await serverOf(byPassword);
    await login(server, keeping(password));
    expect(home.secrets.kept.get(nameOf(server))).toBe(password);
    await login(server);
    expect(server.attempts).toEqual(['none', 'password', 'none', 'password']);
  });

  it('that is kept and refused is forgotten, and tried once only in the background', async () => {
    const server = await serverOf(byPassword);
    await home.secrets.store(nameOf(server), 'old');
    await expect(login(server)).rejects.toMatchObject({
      kind: 'authentication',
      message: `root@127.0.0.1:${server.port} did not accept the password that was kept for it.`,
      advice: 'It is forgotten: connect to it yourself to enter it anew.',
    });
    expect(server.secrets).toEqual(['old']);
    expect(home.secrets.kept.has(nameOf(server))).toBe(false);
    await expect(login(server)).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.secrets).toEqual(['old']);
  });

  it('is asked no more often than ssh would, and nothing of it is kept', async () => {
    const server = await serverOf(byPassword);
    await expect(login(server, keeping('a', 'b', 'c', 'd'))).rejects.toMatchObject({
      kind: 'authentication',
      message: `root@127.0.0.1:${server.port} did not accept what was entered.`,
    });
    expect(server.secrets).toEqual(['a', 'b', 'c']);
    expect(home.secrets.kept.size).toBe(0);
    const once = await serverOf(byPassword);
    await expect(login(once, keeping('a', 'b'), { numberofpasswordprompts: '1' })).rejects.toThrow();
    expect(once.secrets).toEqual(['a']);
  });

  it('that nobody gives is not sent empty', async () => {
    const server = await serverOf(byPassword);
    await expect(login(server, new Answers(true, []))).rejects.toMatchObject({
      message: `root@127.0.0.1:${server.port} asks for a password, and none was given.`,
    });
    expect(server.attempts).toEqual(['none']);
  });

  it('is not sent empty, nor again once it was refused', async () => {
    const server = await serverOf(byPassword);
    const prompts = new Answers(true, ['', 'wrong', 'wrong', password]);
    await login(server, prompts);
    expect(prompts.passwords).toHaveLength(4);
    expect(server.secrets).toEqual(['wrong', password]);
  });

  it('that is not enough by itself is followed by what else is wanted', async () => {
    const server = await serverOf({ ...byPassword, afterPassword: ['keyboard-interactive'], rounds: [twoFactors] });
    const prompts = keeping(password);
    prompts.codes = ['123456', '0000'];
    await login(server, prompts);
    expect(server.secrets).toEqual([password, '123456', '0000']);
    await expect(login(server)).rejects.toMatchObject({
      message: `root@127.0.0.1:${server.port} asks for "Code:", and none was given.`,
      advice: expect.stringContaining('Connect to it yourself') as unknown,
    });
  });

  it('that was taken may be wanted again in other words, and is not called wrong', async () => {
    const server = await serverOf({ ...byPassword, afterPassword: ['keyboard-interactive'], rounds: [passwordPrompt] });
    const prompts = keeping(password);
    prompts.password = (question, attempt) => {
      prompts.passwords.push(`${question.user} ${attempt}`);
      return Promise.resolve({ secret: password, keep: true });
    };
    await login(server, prompts);
    expect(prompts.passwords).toEqual(['root 1', 'root 1']);
    await login(server);
    expect(server.secrets).toEqual([password, password, password, password]);
  });

  it('that was taken is told beside what is wanted and can not be given', async () => {
    const server = await serverOf({ ...byPassword, afterPassword: ['hostbased'] });
    await expect(login(server, new Answers(true, [password]))).rejects.toMatchObject({
      message: `root@127.0.0.1:${server.port} took the password and also wants hostbased.`,
      opensshMay: expect.stringContaining('hostbased') as unknown,
    });
  });

  it('is not asked where the configuration turns it off', async () => {
    const server = await serverOf(byPassword);
    const prompts = new Answers(true, [password]);
    await expect(login(server, prompts, { passwordauthentication: 'no' })).rejects.toMatchObject({
      message: expect.stringContaining('takes only password') as unknown,
    });
    expect(prompts.passwords).toEqual([]);
  });

  it('is asked after the keys, and before them where the configuration says so', async () => {
    const server = await serverOf({ methods: ['publickey', 'password'], password, accepts: [] });
    home.addKey('id_ed25519', userKey);
    await login(server, new Answers(true, [password]));
    expect(server.attempts).toEqual(['none', 'publickey ssh-ed25519', 'password']);
    const other = await serverOf({ methods: ['publickey', 'password'], password });
    await login(other, new Answers(true, [password]), { preferredauthentications: 'password,publickey' });
    expect(other.attempts).toEqual(['none', 'password']);
  });
});

describe('what a server asks', () => {
  const methods = ['keyboard-interactive'] as const;

  it('is shown with all its prompts, and each is answered', async () => {
    const server = await serverOf({ methods, rounds: [twoFactors] });
    const prompts = new Answers(true, ['123456', '0000']);
    await login(server, prompts);
    expect(prompts.challenges).toMatchObject([
      {
        user: 'root',
        name: 'Second factor',
        instruction: 'Look at your phone.',
        prompts: [
          { text: 'Code: ', echo: true },
          { text: 'PIN: ', echo: false },
        ],
      },
    ]);
    expect(server.secrets).toEqual(['123456', '0000']);
  });

  it('is the password by another name, which may be kept as such', async () => {
    const server = await serverOf({ methods, rounds: [passwordPrompt] });
    const prompts = keeping(password);
    await login(server, prompts);
    expect(prompts.passwords).toHaveLength(1);
    expect(prompts.challenges).toEqual([]);
    await login(server);
    expect(server.secrets).toEqual([password, password]);
  });

  it('is answered by the kept password once only in the background, by whichever name', async () => {
    const server = await serverOf({
      methods: ['keyboard-interactive', 'password'],
      rounds: [passwordPrompt],
      password,
    });
    await home.secrets.store(nameOf(server), 'old');
    await expect(login(server)).rejects.toMatchObject({
      message: `root@127.0.0.1:${server.port} did not accept the password that was kept for it.`,
    });
    expect(server.attempts).toEqual(['none', 'keyboard-interactive']);
    expect(server.secrets).toEqual(['old']);
    expect(home.secrets.kept.has(nameOf(server))).toBe(false);
  });

  it('may be nothing, which is answered with nothing', async () => {
    const notice = { name: 'Maintenance', instruction: 'Tonight at ten.', prompts: [], answers: [] };
    const server = await serverOf({ methods, rounds: [notice, passwordPrompt, notice] });
    await login(server, keeping(password));
    expect(server.secrets).toEqual([password]);
  });

  it.each([
    ['Password: ', false, true],
    ['(root@hv1) Password:', false, true],
    ["root's password", false, true],
    ['Password: ', true, false],
    ['One-time password:', false, false],
    ['OTP Password:', false, false],
    ['New password:', false, false],
    ['Retype password:', false, false],
    ['Verification code:', false, false],
    ['otp-md5 95 psid06473\nS/Key Password: ', false, false],
    ['', false, false],
  ])('%j, seen while it is typed: %s, is the password: %s', (prompt, echo, is) => {
    expect(isPasswordPrompt([{ prompt, echo }])).toBe(is);
    expect(isPasswordPrompt([{ prompt, echo }, { prompt: 'Code: ' }])).toBe(false);
  });

  it('may be the password first and a code then, the code asked each time', async () => {
    const server = await serverOf({ methods, rounds: [passwordPrompt, twoFactors] });
    const prompts = new Answers(true, [password]);
    prompts.codes = ['123456', '0000'];
    await login(server, prompts);
    expect(server.secrets).toEqual([password, '123456', '0000']);
    // In the background the code can't be known: the attempt ends, with nobody asked.
    await expect(login(server)).rejects.toMatchObject({ kind: 'authentication' });
  });

  it('is not begun in the background', async () => {
    const server = await serverOf({ methods, rounds: [twoFactors] });
    await expect(login(server)).rejects.toMatchObject({
      kind: 'authentication',
      advice: expect.stringContaining('Connect to it yourself') as unknown,
    });
    expect(server.attempts).toEqual(['none']);
  });

  it('ends the attempt when the user gives no answer', async () => {
    const server = await serverOf({ methods: ['keyboard-interactive', 'password'], rounds: [twoFactors], password });
    const prompts = new Answers(true, []);
    await expect(login(server, prompts)).rejects.toMatchObject({
      message: `root@127.0.0.1:${server.port} asks for "Code:", and none was given.`,
    });
    expect(prompts.passwords).toEqual([]);
    await server.allGone();
    expect(server.secrets).toEqual([]);
  });

  it.each(['a key file', 'the agent'])('comes after a key that is not enough by itself: %s', async (from) => {
    const server = await serverOf({ afterKey: methods, rounds: [twoFactors] });
    if (from === 'a key file') home.addKey('id_ed25519', userKey);
    else await agentWithKey();
    await login(server, new Answers(true, ['123456', '0000']));
    expect(server.attempts.at(-1)).toBe('keyboard-interactive');
    expect(server.attempts.filter((attempt) => attempt.endsWith('signed'))).toHaveLength(1);
    await expect(login(server)).rejects.toMatchObject({
      message: `root@127.0.0.1:${server.port} took a key and also wants keyboard-interactive.`,
      advice: expect.stringContaining('Connect to it yourself') as unknown,
    });
  });
});

describe('a server that has been sent a secret and gives no verdict', () => {
  const names = (methods: 'password' | 'keyboard-interactive'): Partial<ServerScript> =>
    methods === 'password' ? { methods: ['password'], password } : { methods: [methods], rounds: [passwordPrompt] };

  it.each([
    ['hangs up', 'password'],
    ['hangs up', 'keyboard-interactive'],
    ['goes silent', 'password'],
    ['goes silent', 'keyboard-interactive'],
  ] as const)('but %s after a %s is not sent it again without the user', async (onSecret, method) => {
    const server = await serverOf({ ...names(method), onSecret });
    await home.secrets.store(nameOf(server), password);
    // A reconnect may pass by itself only where nothing secret has left.
    const connector = home.connector({}, { readyMs: 2000 });
    for (let times = 0; times < 3; times += 1) {
      await expect(login(server, undefined, {}, connector)).rejects.toMatchObject({
        kind: 'authentication',
        advice: expect.stringContaining('Connect to it yourself') as unknown,
      });
    }
    // Another window, or this one anew.
    await expect(login(server, undefined, {}, home.connector())).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.secrets).toEqual([password]);
    // Nobody has refused it: it is still kept, for the user's next try.
    expect(home.secrets.kept.get(nameOf(server))).toBe(password);
    await expect(login(server, new Answers(true), {}, connector)).rejects.toMatchObject({ kind: 'authentication' });
    expect(server.secrets).toEqual([password, password]);
  });

  it('is logged in to in the background again once it has taken it from the user', async () => {
    const silent = await serverOf({ ...names('password'), onSecret: 'hangs up' });
    await home.secrets.store(nameOf(silent), password);
    await expect(login(silent)).rejects.toMatchObject({ kind: 'authentication' });
    silent.script.onSecret = undefined;
    await expect(login(silent)).rejects.toMatchObject({ kind: 'authentication' });
    await login(silent, new Answers(true));
    await login(silent);
    expect(silent.secrets).toEqual([password, password, password]);
  });

  it('has none that is kept forgotten with all others and still marked', async () => {
    const server = await serverOf({ ...names('password'), onSecret: 'hangs up' });
    await login(await serverOf(names('password')), keeping(password));
    await home.secrets.store(nameOf(server), password);
    await expect(login(server)).rejects.toMatchObject({ kind: 'authentication' });
    const store = new CredentialStore(home.secrets);
    await store.forget(nameOf(server));
    await store.forgetAll();
    expect([...home.secrets.kept]).toEqual([]);
  });

  it('gets it from one login at a time', async () => {
    const server = await serverOf({ ...names('password'), password: 'another' });
    await home.secrets.store(nameOf(server), 'old');
    const connector = home.connector();
    const logins = await Promise.allSettled([1, 2, 3].map(() => login(server, undefined, {}, connector)));
    expect(logins.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(server.secrets).toEqual(['old']);
  });
});

describe('somebody in the middle with another key', () => {
  it('gets no password and no answer, kept or typed', async () => {
    const server = await RecordingServer.start({
      hostKeys: [ed25519()],
      methods: ['password', 'keyboard-interactive'],
    });
    opened.push({ dispose: () => server.stop() });
    home.trust(server.port, hostKey);
    await home.secrets.store(nameOf(server), password);
    for (const prompts of [undefined, new Answers(true, [password])]) {
      await expect(login(server, prompts, { stricthostkeychecking: 'no' })).rejects.toMatchObject({
        kind: 'hostKeyChanged',
        hostKey: { name: `[127.0.0.1]:${server.port}`, file: home.knownHosts, line: 1 },
        opensshMay: undefined,
      });
    }
    await server.allGone();
    expect([server.attempts, server.secrets, server.commands]).toEqual([[], [], []]);
    expect(home.secrets.kept.get(nameOf(server))).toBe(password);
  });
});

describe('a way to log in that only ssh has', () => {
  it('is left to the system’s ssh, and not once a secret was refused', async () => {
    const server = await serverOf({ methods: ['gssapi-with-mic' as never, 'password'], password });
    const kerberos = { gssapiauthentication: 'yes', passwordauthentication: 'no' };
    await expect(login(server, undefined, kerberos)).rejects.toMatchObject({
      opensshMay: expect.stringContaining('gssapi-with-mic') as unknown,
    });
    await expect(
      login(server, new Answers(true, ['wrong']), { gssapiauthentication: 'yes', numberofpasswordprompts: '1' }),
    ).rejects.toMatchObject({ opensshMay: undefined });
  });
});

async function agentWithKey(): Promise<void> {
  const socket = join(home.path, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  opened.push({ dispose: () => agent.kill() });
  await appearance(socket);
  spawnSync('ssh-add', ['-q', home.addKey('agent-key', userKey)], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  home.env = { SSH_AUTH_SOCK: socket };
}
