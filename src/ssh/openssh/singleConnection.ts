import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { Emitter } from '../../base/emitter.js';
import { failedLogin, storing } from '../failedLogin.js';
import { type ConnectRequest, type ExecChannel, type HostConnection, SshError } from '../types.js';
import { type AttemptFiles, type AttemptShape, attemptLogin, type LoggedInSsh, type OpensshTools } from './attempt.js';
import { singleArguments } from './config.js';
import { onChange } from './login.js';
import { SingleChannel } from './singleChannel.js';
import { lossFrom } from './sshErrors.js';

export interface SingleConnectionLimits {
  readonly address: string;
  readonly timeoutMs: number;
  /** After how much silence ssh ends a connection; for the message. */
  readonly silenceMs: number;
}

/**
 * A host reached by one ssh a command, where connections can't be shared. One more only stays logged in: its end is the
 * connection's. Further logins use what is known by then and ask nothing, since nobody has caused them just now; one that is
 * refused is the connection's end too.
 */
export class SingleConnection implements HostConnection {
  private readonly closed = new Emitter<SshError | undefined>();
  private readonly channels = new Set<SingleChannel>();
  private readonly over = new AbortController();
  private gone: SshError | undefined;

  readonly onClose = this.closed.event;
  readonly transport = 'openssh';
  readonly address: string;

  private constructor(
    private readonly request: ConnectRequest,
    private readonly tools: OpensshTools,
    private readonly limits: SingleConnectionLimits,
    private readonly keeper: LoggedInSsh,
  ) {
    this.address = limits.address;
    // Each login under way listens.
    setMaxListeners(0, this.over.signal);
    keeper.ssh.onEnd(() => {
      const words = logOf(keeper.folder.file(logName)) + keeper.ssh.words;
      this.finish(lossFrom(words, this.address, limits.silenceMs));
    });
  }

  static async open(
    request: ConnectRequest,
    tools: OpensshTools,
    limits: SingleConnectionLimits,
  ): Promise<SingleConnection> {
    const keeper = await attemptLogin(request, tools, single(request, undefined), limits.timeoutMs);
    return new SingleConnection(request, tools, limits, keeper);
  }

  async exec(command: string): Promise<ExecChannel> {
    const login = await this.logIn(command);
    if (this.over.signal.aborted) {
      login.ssh.dispose();
      login.folder.dispose();
      throw this.ended();
    }
    const log = (): string => logOf(login.folder.file(logName));
    // The ssh that stays logged in runs nothing: all that was said to it is said to everybody.
    const channel = new SingleChannel(login.ssh, log, () => this.keeper.ssh.words);
    this.channels.add(channel);
    channel.onClose(() => {
      this.channels.delete(channel);
      login.folder.dispose();
    });
    return channel;
  }

  /** Another login is the question: the connection of ours that is idle can't be asked. */
  probe(): void {
    if (this.gone !== undefined) return;
    void this.exec('true').then(
      (channel) => channel.dispose(),
      (error: unknown) => {
        const kind = error instanceof SshError ? error.kind : undefined;
        if (kind !== 'unreachable' && kind !== 'unresolved') return;
        this.finish(new SshError('lost', `The connection to ${this.address} was lost: it does not answer.`));
      },
    );
  }

  dispose(): void {
    this.finish(undefined);
  }

  private async logIn(command: string): Promise<LoggedInSsh> {
    if (this.gone !== undefined) throw this.gone;
    const { request, tools, limits, over } = this;
    const credentials = request.credentials.silent();
    const silent = { ...request, prompts: undefined, credentials, signal: over.signal };
    try {
      const login = await attemptLogin(silent, tools, single(request, command), limits.timeoutMs);
      await storing(credentials.accepted(), tools.onNotice);
      return login;
    } catch (error) {
      const failed = await failedLogin(error, credentials, tools.onNotice);
      if (over.signal.aborted) throw this.ended();
      // Who is not let in any more would be refused at each further command, until the account is locked.
      if (failed instanceof SshError && failed.kind === 'authentication') this.finish(failed);
      throw failed;
    }
  }

  private finish(error: SshError | undefined): void {
    if (this.gone !== undefined) return;
    this.gone = error ?? this.ended();
    this.over.abort();
    this.keeper.ssh.dispose();
    this.keeper.folder.dispose();
    for (const channel of [...this.channels]) channel.lost();
    this.closed.fire(error);
    this.closed.dispose();
  }

  private ended(): SshError {
    return new SshError('lost', `The connection to ${this.address} was closed.`);
  }
}

const logName = 'log';

/** ssh tells in its log, at this level, when it has logged in: since OpenSSH 5. */
function single({ destination }: ConnectRequest, command: string | undefined): AttemptShape {
  const log = ({ folder }: AttemptFiles): string => folder.file(logName);
  return {
    piped: command !== undefined,
    arguments: (files) => singleArguments(destination, files.config, log(files), command),
    watch: (files, loggedIn) =>
      onChange(files.folder, () => {
        if (/^Authenticated to /m.test(logOf(log(files)))) loggedIn();
      }),
    words: (files) => logOf(log(files)),
  };
}

/** Empty where nothing was said yet. */
function logOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
