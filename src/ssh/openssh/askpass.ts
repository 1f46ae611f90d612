import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Disposable } from '../../base/disposable.js';
import { askpassProgram, askpassScript } from './askpassProgram.js';
import type { PrivateFolder } from './folder.js';

/** No question of ssh's is longer. */
const maxRequestChars = 64 * 1024;

const requestSchema = v.object({ token: v.string(), prompt: v.string(), hint: v.string(), asker: v.number() });

/** A question as ssh puts it. */
export interface AskpassRequest {
  readonly prompt: string;
  /** SSH_ASKPASS_PROMPT, empty where ssh says nothing. */
  readonly hint: string;
  /** The process that asks. */
  readonly asker: number;
  /** Aborted when ssh does not wait for the answer any more. */
  readonly gone: AbortSignal;
}

/** Answers what one ssh, and those it starts, ask: undefined for no answer. */
export type AskpassHandler = (request: AskpassRequest) => Promise<string | undefined>;

/** Where the helper program of one connection reports what ssh asks. Nothing of it is ever an argument or in an environment. */
export class Askpass implements Disposable {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** The program that ssh is to ask through. */
    readonly script: string,
  ) {}

  /** Rejects with the system's own error. */
  static async listen(
    folder: PrivateFolder,
    platform: NodeJS.Platform,
    nodePath: string,
    handler: AskpassHandler,
  ): Promise<Askpass> {
    const token = randomBytes(24).toString('hex');
    const socketPath =
      platform === 'win32' ? `\\\\.\\pipe\\libvirt-askpass-${randomBytes(16).toString('hex')}` : folder.file('a');
    const program = folder.file('askpass.cjs');
    writeFileSync(program, askpassProgram(socketPath, token), { mode: 0o600 });
    const script = askpassScript(nodePath, program, platform);
    writeFileSync(folder.file(script.name), script.text, { mode: 0o700 });
    const server = createServer();
    const askpass = new Askpass(server, folder.file(script.name));
    server.on('connection', (socket) => askpass.serve(socket, token, handler));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
    return askpass;
  }

  dispose(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket, token: string, handler: AskpassHandler): void {
    this.sockets.add(socket);
    const gone = new AbortController();
    socket.once('close', () => {
      this.sockets.delete(socket);
      gone.abort();
    });
    socket.on('error', () => undefined);
    let text = '';
    let asked = false;
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (asked || (!text.includes('\n') && text.length <= maxRequestChars)) return;
      asked = true;
      const request = requestOf(text, token);
      if (request === undefined) {
        socket.destroy();
        return;
      }
      void handler({ ...request, gone: gone.signal }).then(
        (answer) => socket.end(answer === undefined ? '' : JSON.stringify(answer)),
        () => socket.end(),
      );
    });
  }
}

/** Undefined for who does not know the token. */
function requestOf(text: string, token: string): Omit<AskpassRequest, 'gone'> | undefined {
  try {
    const { token: shown, prompt, hint, asker } = v.parse(requestSchema, JSON.parse(text));
    const right = Buffer.from(token);
    const given = Buffer.from(shown);
    return given.length === right.length && timingSafeEqual(given, right) ? { prompt, hint, asker } : undefined;
  } catch {
    return undefined;
  }
}
