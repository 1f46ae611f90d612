import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, {
  type AuthContext,
  type AuthenticationType,
  type Connection,
  type KeyboardAuthContext,
  type ServerChannel,
} from 'ssh2';

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

export const ed25519 = (): KeyPair => readable(() => ssh2.utils.generateKeyPairSync('ed25519'));
export const ecdsa = (): KeyPair => readable(() => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }));
export const encryptedKey = (passphrase: string): KeyPair =>
  readable(
    () => ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 16 }),
    passphrase,
  );

/** ssh2 writes about one key in 250 in a way that nobody reads: a number that begins with a zero byte. */
function readable(generate: () => KeyPair, passphrase?: string): KeyPair {
  for (;;) {
    const key = generate();
    if (!(ssh2.utils.parseKey(key.private, passphrase) instanceof Error)) return key;
  }
}

/** The key itself, as it goes over the wire. */
export function blobOf(key: KeyPair): Buffer {
  return Buffer.from(key.public.split(' ')[1] ?? '', 'base64');
}

export interface Round {
  readonly name?: string;
  readonly instruction?: string;
  readonly prompts: readonly { readonly prompt: string; readonly echo: boolean }[];
  readonly answers: readonly string[];
}

export interface ServerScript {
  readonly hostKeys: readonly KeyPair[];
  /** Public keys that may log in. */
  readonly accepts?: readonly KeyPair[];
  /** What it answers to `none` as methods that may go on. */
  readonly methods?: readonly AuthenticationType[];
  /** The password that lets one in. */
  password?: string;
  /** Questions by keyboard-interactive, one round after the other, and the answers that let one in. */
  readonly rounds?: readonly Round[];
  /** What is wanted after a key, beside it. */
  readonly afterKey?: readonly AuthenticationType[];
  /** What is wanted after the password, beside it. */
  readonly afterPassword?: readonly AuthenticationType[];
  /** What it does once a password or an answer has come, instead of a verdict. */
  onSecret?: 'hangs up' | 'goes silent' | undefined;
  readonly onExec?: (command: string, channel: ServerChannel) => void;
  /** Sessions it opens at once. */
  readonly maxSessions?: number;
  /** Takes a request for a session and never answers it. */
  readonly ignoresSessions?: boolean;
  /** The port of the loopback that a connection through it, to `host:port`, leads to; undefined where it never answers. */
  readonly forwards?: (to: string) => number | undefined;
}

/** A real SSH server on the loopback that writes down everything a client tells it. */
export class RecordingServer {
  /** `none`, `publickey <type>` when it is only asked about, `publickey <type> signed`. */
  readonly attempts: string[] = [];
  readonly commands: string[] = [];
  /** Passwords and answers, as they came. */
  readonly secrets: string[] = [];
  /** What was to be reached through it: `host:port`. */
  readonly forwarded: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly clients = new Set<Connection>();
  private readonly gone: (() => void)[] = [];

  private constructor(
    private readonly listener: NetServer,
    readonly script: ServerScript,
  ) {}

  static async start(script: ServerScript): Promise<RecordingServer> {
    // Its small answers would wait for acknowledgements otherwise, 40 ms each.
    const listener = createServer({ noDelay: true });
    const server = new RecordingServer(listener, script);
    const ssh = new ssh2.Server({ hostKeys: script.hostKeys.map((key) => key.private) }, (client) =>
      server.serve(client),
    );
    listener.on('connection', (socket) => {
      server.sockets.add(socket);
      socket.on('close', () => {
        server.sockets.delete(socket);
        if (server.sockets.size === 0) for (const tell of server.gone.splice(0)) tell();
      });
      ssh.injectSocket(socket);
    });
    await listening(listener);
    return server;
  }

  get port(): number {
    return portOf(this.listener);
  }

  /** Resolves when no client is connected any more. */
  allGone(): Promise<void> {
    return this.sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => this.gone.push(resolve));
  }

  /** As a network that swallows everything: nothing that comes is read any more. */
  freeze(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** As a power cut would, without a goodbye. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  stop(): void {
    this.listener.close();
    this.cut();
  }

  private serve(client: Connection): void {
    this.clients.add(client);
    let sessions = 0;
    client.on('error', () => undefined);
    const session: { wants?: readonly AuthenticationType[] } = {};
    client.on('authentication', (context) => this.authenticate(context, session));
    this.forward(client);
    client.on('session', (accept, reject) => {
      if (this.script.ignoresSessions === true) return;
      if (sessions >= (this.script.maxSessions ?? Infinity)) {
        reject();
        return;
      }
      sessions += 1;
      accept().on('exec', (acceptExec, _reject, info) => {
        this.commands.push(info.command);
        const channel = acceptExec();
        channel.on('error', () => undefined);
        this.script.onExec?.(info.command, channel);
      });
    });
  }

  private forward(client: Connection): void {
    const { forwards } = this.script;
    if (forwards === undefined) return;
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      this.forwarded.push(`${destIP}:${destPort}`);
      const port = forwards(`${destIP}:${destPort}`);
      if (port === undefined) return;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', () => reject());
      socket.once('connect', () => {
        const channel = accept();
        channel.on('error', () => undefined).on('close', () => socket.destroy());
        socket.on('error', () => undefined).on('close', () => channel.close());
        socket.pipe(channel).pipe(socket);
      });
    });
  }

  private authenticate(context: AuthContext, session: { wants?: readonly AuthenticationType[] }): void {
    const { accepts = [], password, afterKey, afterPassword, methods = ['publickey'] } = this.script;
    const left = [...(session.wants ?? methods)];
    const take = (wanted: readonly AuthenticationType[] | undefined): void => {
      if (wanted === undefined) context.accept();
      else {
        session.wants = wanted;
        context.reject([...wanted], true);
      }
    };
    switch (context.method) {
      case 'publickey': {
        const signed = context.signature !== undefined;
        this.attempts.push(`publickey ${context.key.algo}${signed ? ' signed' : ''}`);
        const known = session.wants === undefined && accepts.some((key) => blobOf(key).equals(context.key.data));
        if (known && signed) take(afterKey);
        else if (known) context.accept();
        else context.reject(left);
        return;
      }
      case 'password':
        this.attempts.push('password');
        this.secrets.push(context.password);
        if (this.leavesOpen()) return;
        if (context.password === password) take(afterPassword);
        else context.reject(left);
        return;
      case 'keyboard-interactive':
        this.attempts.push('keyboard-interactive');
        this.askRound(context, 0, left);
        return;
      default:
        this.attempts.push(context.method);
        context.reject(left);
    }
  }

  /** Whether there is to be no verdict on what came. */
  private leavesOpen(): boolean {
    const { onSecret } = this.script;
    if (onSecret === 'hangs up') this.cut();
    return onSecret !== undefined;
  }

  private askRound(context: KeyboardAuthContext, index: number, left: AuthenticationType[]): void {
    const { rounds = [] } = this.script;
    const round = rounds[index];
    if (round === undefined) {
      if (index > 0) context.accept();
      else context.reject(left);
      return;
    }
    const { name = '', instruction = '', prompts, answers } = round;
    context.prompt([...prompts], name, instruction, (given) => {
      this.secrets.push(...given);
      if (given.length > 0 && this.leavesOpen()) return;
      if (given.join('\n') === answers.join('\n')) this.askRound(context, index + 1, left);
      else context.reject(left);
    });
  }
}

/** Something that listens and is no SSH server. */
export async function plainServer(onSocket: (socket: Socket) => void): Promise<{ port: number; stop: () => void }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await listening(listener);
  return {
    port: portOf(listener),
    stop: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listening(server: NetServer): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: NetServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
