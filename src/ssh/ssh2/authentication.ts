import type * as Ssh2Module from 'ssh2';
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import { messageOf } from '../../base/errors.js';
import type { Deadline } from '../deadline.js';
import { fingerprintOf } from '../hostKeyVerifier.js';
import type { IdentityFile } from '../keys.js';
import { addressOf, listed, printable } from '../printable.js';
import type { ResolvedHost } from '../resolvedHost.js';
import { guardedAgent, loadAgentKeys, probingAgent } from './agentKeys.js';
import type { Credentials } from '../credentials.js';
import { SshError } from '../types.js';

export type Ssh2 = typeof Ssh2Module;

/** As ssh's NumberOfPasswordPrompts. */
const maxPassphraseAttempts = 3;

export interface AuthenticationOptions {
  readonly ssh2: Ssh2;
  readonly host: ResolvedHost;
  /** See `chooseAgent`. */
  readonly agent: string | undefined;
  readonly identityFiles: readonly IdentityFile[];
  readonly credentials: Credentials;
  readonly deadline: Deadline;
}

/**
 * Who the user is, for one connection: what is offered to the server, in OpenSSH's order, and what became of it. A passphrase
 * is asked only for a key that the server has said it would accept, where the key file tells its public half.
 */
export class Authentication {
  private readonly attempts: AsyncGenerator<AnyAuthMethod, void>;
  private readonly offered: string[] = [];
  private readonly notOffered: string[] = [];
  private readonly offeredKeys = new Set<string>();
  private methodsLeft: readonly string[] = [];
  private partly = false;
  private over = false;
  private exhausted = false;

  constructor(private readonly options: AuthenticationOptions) {
    this.attempts = this.allAttempts();
  }

  /** For ssh2's `authHandler`. It comes with null for both before the first attempt, whatever its types say. */
  readonly handler: Ssh2Module.AuthHandlerMiddleware = (methodsLeft, partialSuccess, next) => {
    const answer = next as (method: AnyAuthMethod | false) => void;
    void this.next(methodsLeft, partialSuccess).then((method) => {
      if (!this.over) answer(method);
    });
  };

  /** Nothing is asked or sent any more. */
  stop(): void {
    this.over = true;
  }

  /** Whether all there is has been tried; errors before that are single keys that failed. */
  get isExhausted(): boolean {
    return this.exhausted;
  }

  /** Why the server let nobody in. */
  failure(): SshError {
    const { user, hostName, port } = this.options.host;
    const address = addressOf(user, hostName, port);
    const wanted = listed(this.methodsLeft.map((method) => printable(method)));
    if (this.partly) {
      return authError(`${address} took a key and also wants ${wanted}, which is not supported yet.`);
    }
    if (this.methodsLeft.length > 0 && !this.methodsLeft.includes('publickey')) {
      return authError(
        `${address} takes no keys, only ${wanted}, which is not supported yet.`,
        'Allow keys in its sshd (PubkeyAuthentication), or connect as another user.',
      );
    }
    const skipped = this.notOffered.length === 0 ? '' : ` Not offered: ${this.notOffered.join('; ')}.`;
    const advice = `Add your public key to ~/.ssh/authorized_keys of ${user} there, or load the right key into your agent.`;
    return this.offered.length === 0
      ? authError(`There is no key to offer to ${address}.`, `${advice}${skipped}`)
      : authError(`${address} accepts none of the keys offered: ${listed(this.offered)}.`, `${advice}${skipped}`);
  }

  private async next(
    methodsLeft: readonly string[] | null,
    partialSuccess: boolean | null,
  ): Promise<AnyAuthMethod | false> {
    if (methodsLeft !== null) this.methodsLeft = methodsLeft;
    if (partialSuccess === true) this.partly = true;
    try {
      if (!this.over && (methodsLeft === null || methodsLeft.includes('publickey'))) {
        const attempt = await this.attempts.next();
        if (attempt.done !== true) return attempt.value;
      }
    } catch (error) {
      this.notOffered.push(printable(messageOf(error)));
    }
    this.exhausted = true;
    return false;
  }

  private async *allAttempts(): AsyncGenerator<AnyAuthMethod, void> {
    const username = this.options.host.user;
    // Tells which methods the server takes before anything is offered.
    yield { type: 'none', username };
    const agent = await this.agentAttempt();
    if (agent !== undefined) yield { type: 'agent', username, agent };
    for (const file of this.options.identityFiles) yield* this.fileAttempts(file, username);
  }

  /** Keys of the agent: first those the configuration names, then the others unless IdentitiesOnly. */
  private async agentAttempt(): Promise<BaseAgent<ParsedKey> | undefined> {
    const { ssh2, agent: path, host, identityFiles, deadline, credentials } = this.options;
    if (path === undefined) return undefined;
    let loaded: { readonly agent: BaseAgent; readonly keys: readonly ParsedKey[] };
    try {
      loaded = await loadAgentKeys(ssh2, path);
    } catch (error) {
      this.notOffered.push(`the agent at ${path} (${printable(messageOf(error))})`);
      return undefined;
    }
    const named = identityFiles.flatMap((file) => {
      const wanted = file.kind === 'unusable' ? undefined : file.publicKey;
      return loaded.keys.filter((key) => wanted?.equals(key.getPublicSSH()) === true);
    });
    const others = host.identitiesOnly ? [] : loaded.keys.filter((key) => !named.includes(key));
    const keys = [...new Set(named), ...others];
    if (keys.length === 0) return undefined;
    for (const key of keys) this.note(key.getPublicSSH(), `${printable(key.comment) || key.type} of the agent`);
    return guardedAgent(ssh2, loaded.agent, keys, {
      isOver: () => this.over,
      // An agent may ask its user to confirm, or to touch a device.
      waiting: (signing) => (credentials.canAsk ? deadline.whileAsking(signing) : signing),
    });
  }

  private async *fileAttempts(file: IdentityFile, username: string): AsyncGenerator<AnyAuthMethod, void> {
    const { ssh2 } = this.options;
    if (file.kind === 'unusable') {
      this.notOffered.push(`${file.path} (${file.reason})`);
      return;
    }
    if (file.publicKey !== undefined && this.offeredKeys.has(file.publicKey.toString('base64'))) return;
    if (file.kind === 'public') {
      this.notOffered.push(`${file.path} (only its public half is there, and the agent does not have it)`);
      return;
    }
    if (file.kind === 'plain') {
      const key = parsed(ssh2, file.text);
      if (key instanceof Error) this.notOffered.push(`${file.path} (${printable(key.message)})`);
      else {
        this.note(key.getPublicSSH(), file.path);
        yield { type: 'publickey', username, key };
      }
      return;
    }
    const publicKey = file.publicKey === undefined ? undefined : parsed(ssh2, file.publicKey);
    if (publicKey !== undefined && !(publicKey instanceof Error)) {
      this.note(publicKey.getPublicSSH(), file.path);
      const probe = { wouldAccept: false };
      yield { type: 'agent', username, agent: probingAgent(ssh2, publicKey, () => (probe.wouldAccept = true)) };
      if (!probe.wouldAccept) return;
    }
    const key = await this.unlock(file.path, file.text);
    if (key === undefined) return;
    this.note(key.getPublicSSH(), file.path);
    yield { type: 'publickey', username, key };
  }

  private async unlock(path: string, text: string): Promise<ParsedKey | undefined> {
    const { ssh2, deadline, credentials } = this.options;
    for (let attempt = 1; attempt <= maxPassphraseAttempts && !this.over; attempt += 1) {
      const passphrase = await deadline.whileAsking(credentials.passphrase(path, attempt));
      if (passphrase === undefined) {
        this.notOffered.push(
          `${path} (${credentials.canAsk ? 'no passphrase was given' : 'its passphrase is asked only when you connect yourself'})`,
        );
        return undefined;
      }
      const key = parsed(ssh2, text, passphrase);
      if (!(key instanceof Error)) return key;
    }
    this.notOffered.push(`${path} (the passphrase was wrong, or its encryption is not supported)`);
    return undefined;
  }

  private note(publicKey: Buffer, name: string): void {
    const known = this.offeredKeys.size;
    this.offeredKeys.add(publicKey.toString('base64'));
    if (this.offeredKeys.size > known) this.offered.push(`${name} (${fingerprintOf(publicKey)})`);
  }
}

/** ssh2 returns its errors here, except for a few that it throws. */
function parsed(ssh2: Ssh2, key: Buffer | string, passphrase?: string): ParsedKey | Error {
  try {
    // Undefined for a file with no key in it, though its types don't say so.
    const result = ssh2.utils.parseKey(key, passphrase) as ParsedKey | Error | undefined;
    return result ?? new Error('it holds no key');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function authError(message: string, advice?: string): SshError {
  return new SshError('authentication', message, advice);
}
