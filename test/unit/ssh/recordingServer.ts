import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

export const ed25519 = (): KeyPair => ssh2.utils.generateKeyPairSync('ed25519');
export const ecdsa = (): KeyPair => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
export const encryptedKey = (passphrase: string): KeyPair =>
  ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 16 });

/** The key itself, as it goes over the wire. */
export function blobOf(key: KeyPair): Buffer {
  return Buffer.from(key.public.split(' ')[1] ?? '', 'base64');
}

export interface ServerScript {
  readonly hostKeys: readonly KeyPair[];
  /** Public keys that may log in. */
  readonly accepts?: readonly KeyPair[];
  /** What it answers to `none` as methods that may go on. */
  readonly methods?: readonly ('publickey' | 'password')[];
  readonly onExec?: (command: string, channel: ServerChannel) => void;
  /** Sessions it opens at once. */
  readonly maxSessions?: number;
  /** Takes a request for a session and never answers it. */
  readonly ignoresSessions?: boolean;
}

/** A real SSH server on the loopback that writes down everything a client tells it. */
export class RecordingServer {
  /** `none`, `publickey <type>` when it is only asked about, `publickey <type> signed`. */
  readonly attempts: string[] = [];
  readonly commands: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly clients = new Set<Connection>();
  private readonly gone: (() => void)[] = [];

  private constructor(
    private readonly listener: NetServer,
    private readonly script: ServerScript,
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
    client.on('authentication', (context) => this.authenticate(context));
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

  private authenticate(context: AuthContext): void {
    if (context.method !== 'publickey') {
      this.attempts.push(context.method);
      context.reject([...(this.script.methods ?? ['publickey'])]);
      return;
    }
    const signed = context.signature !== undefined;
    this.attempts.push(`publickey ${context.key.algo}${signed ? ' signed' : ''}`);
    const known = (this.script.accepts ?? []).some((key) => blobOf(key).equals(context.key.data));
    if (known) context.accept();
    else context.reject([...(this.script.methods ?? ['publickey'])]);
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
