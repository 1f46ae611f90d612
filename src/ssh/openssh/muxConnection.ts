import { Emitter } from '../../base/emitter.js';
import { channelError } from '../connectErrors.js';
import { Openings } from '../openings.js';
import { type ExecChannel, type HostConnection, SshError } from '../types.js';
import type { PrivateFolder } from './folder.js';
import type { Mux } from './mux.js';
import type { SshProcess } from './process.js';
import { lossFrom } from './sshErrors.js';

export interface MuxConnectionParts {
  readonly master: SshProcess;
  readonly mux: Mux;
  readonly folder: PrivateFolder;
  readonly address: string;
  /** How long the server may take to open a channel and start a command on it. */
  readonly channelOpenMs: number;
  /** After how much silence ssh ends the connection; for the message. */
  readonly silenceMs: number;
}

/** A connection of the system's ssh: one process, whose channels are used from here. */
export class MuxConnection implements HostConnection {
  private readonly closed = new Emitter<SshError | undefined>();
  private readonly openings: Openings;
  private gone: SshError | undefined;
  private silent = false;

  readonly onClose = this.closed.event;
  readonly transport = 'openssh';
  readonly address: string;

  constructor(private readonly parts: MuxConnectionParts) {
    const { master, mux, address, silenceMs, channelOpenMs } = parts;
    this.address = address;
    this.openings = new Openings(address, channelOpenMs);
    let left = 2;
    const oneEnded = (): void => {
      left -= 1;
      if (left > 0) return;
      this.finish(this.silent ? silence(address) : lossFrom(master.words, address, silenceMs));
    };
    mux.onClose(() => {
      // Of no use any more; its end tells why.
      master.dispose();
      oneEnded();
    });
    // What it has passed on before is still to be read, and the end of the channels is told first.
    master.onEnd(oneEnded);
  }

  exec(command: string): Promise<ExecChannel> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    return this.openings.open<ExecChannel>((opening) => {
      const channel = this.parts.mux.exec(command, (refusal) => {
        if (refusal === undefined) opening.opened(channel);
        else opening.refused(channelError(refusal, this.address));
      });
      return () => channel.dispose();
    });
  }

  probe(limitMs: number): void {
    if (this.gone !== undefined) return;
    const { master, mux } = this.parts;
    const timer = setTimeout(() => {
      this.silent = true;
      master.dispose();
    }, limitMs);
    const answered = (): void => clearTimeout(timer);
    this.onClose(answered);
    mux.ask(answered);
  }

  dispose(): void {
    if (this.gone !== undefined) return;
    const { mux, master } = this.parts;
    // First, so that what the two tell of their end is no loss.
    this.finish(undefined);
    mux.dispose();
    master.dispose();
  }

  private finish(error: SshError | undefined): void {
    if (this.gone !== undefined) return;
    this.gone = error ?? closedError(this.address);
    this.openings.fail(this.gone);
    this.parts.folder.dispose();
    this.closed.fire(error);
    this.closed.dispose();
  }
}

function closedError(address: string): SshError {
  return new SshError('lost', `The connection to ${address} was closed.`);
}

function silence(address: string): SshError {
  return new SshError('lost', `The connection to ${address} was lost: it does not answer.`);
}
