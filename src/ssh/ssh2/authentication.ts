import type * as Ssh2Module from 'ssh2';
import type { AnyAuthMethod } from 'ssh2';
import { messageOf } from '../../base/errors.js';
import type { Credentials } from '../credentials.js';
import type { Deadline } from '../deadline.js';
import type { IdentityFile } from '../keys.js';
import { printable } from '../printable.js';
import type { ResolvedHost } from '../resolvedHost.js';
import type { SshError } from '../types.js';
import { loginFailure } from './loginFailure.js';
import { PublicKeys } from './publicKeys.js';
import { SecretMethods } from './secrets.js';

export type Ssh2 = typeof Ssh2Module;

export interface AuthenticationOptions {
  readonly ssh2: Ssh2;
  readonly host: ResolvedHost;
  /** See `chooseAgent`. */
  readonly agent: string | undefined;
  readonly identityFiles: readonly IdentityFile[];
  /** Those that are there, which ssh2 can't show. */
  readonly certificates: readonly string[];
  readonly credentials: Credentials;
  readonly deadline: Deadline;
}

const methods = ['publickey', 'keyboard-interactive', 'password'] as const;
type Method = (typeof methods)[number];

const namesOfTaken: Readonly<Record<Method, string>> = {
  publickey: 'a key',
  'keyboard-interactive': 'the answers',
  password: 'the password',
};

/** Who the user is, for one connection: what is tried at the server, in OpenSSH's order, and what became of it. */
export class Authentication {
  private readonly keys: PublicKeys;
  private readonly secrets: SecretMethods;
  private readonly order: readonly Method[];
  private readonly attempts: Readonly<Record<Method, AsyncGenerator<AnyAuthMethod, void>>>;
  private methodsLeft: readonly string[] = [];
  private last: Method | undefined;
  private readonly taken = new Set<Method>();
  private begun = false;
  private over = false;
  private exhausted = false;
  private onGivenUp: () => void = () => undefined;

  constructor(private readonly options: AuthenticationOptions) {
    const { host, credentials, deadline } = options;
    this.keys = new PublicKeys({ ...options, isOver: () => this.over });
    this.secrets = new SecretMethods({ host, credentials, deadline, onGivenUp: () => this.onGivenUp() });
    this.order = methodOrder(host);
    this.attempts = {
      publickey: this.keys.attempts(),
      'keyboard-interactive': this.secrets.challenges(),
      password: this.secrets.passwords(),
    };
  }

  /** For ssh2's `authHandler`. It comes with null for both before the first attempt, whatever its types say. */
  readonly handler: Ssh2Module.AuthHandlerMiddleware = (methodsLeft, partialSuccess, next) => {
    const answer = next as (method: AnyAuthMethod | false) => void;
    void this.next(methodsLeft, partialSuccess).then((method) => {
      if (!this.over) answer(method);
    });
  };

  /** Calls `listener` when the server waits for an answer that will not come: `failure` says which. */
  whenGivenUp(listener: () => void): void {
    this.onGivenUp = listener;
  }

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
    const { host, credentials } = this.options;
    const { offered, notOffered, forOpenssh } = this.keys;
    const { tried, givenUp } = this.secrets;
    if (this.keys.taken) this.taken.add('publickey');
    return loginFailure({
      host,
      canAsk: credentials.canAsk,
      offered,
      notOffered,
      forOpenssh,
      tried: [...tried],
      givenUp,
      takes: this.methodsLeft.map((method) => printable(method)),
      taken: methods.flatMap((method) => (this.taken.has(method) ? [namesOfTaken[method]] : [])),
    });
  }

  private async next(
    methodsLeft: readonly string[] | null,
    partialSuccess: boolean | null,
  ): Promise<AnyAuthMethod | false> {
    if (methodsLeft !== null) this.methodsLeft = methodsLeft;
    if (partialSuccess === true && this.last !== undefined) {
      this.taken.add(this.last);
      this.secrets.taken(this.last);
    }
    if (!this.begun) {
      this.begun = true;
      // Tells which methods the server takes before anything is offered.
      return { type: 'none', username: this.options.host.user };
    }
    for (const method of this.order) {
      if (this.over || this.secrets.givenUp !== undefined) break;
      if (!this.methodsLeft.includes(method)) continue;
      try {
        const attempt = await this.attempts[method].next();
        if (attempt.done === true) continue;
        this.last = method;
        return attempt.value;
      } catch (error) {
        this.keys.notOffered.push(printable(messageOf(error)));
      }
    }
    this.exhausted = true;
    return false;
  }
}

/** The methods to use, in PreferredAuthentications' order or OpenSSH's own. */
function methodOrder({ authentication }: Pick<ResolvedHost, 'authentication'>): readonly Method[] {
  const enabled: Readonly<Record<Method, boolean>> = {
    publickey: authentication.publicKey,
    'keyboard-interactive': authentication.keyboardInteractive,
    password: authentication.password,
  };
  const order = authentication.preferred ?? methods;
  return order.flatMap((name) => methods.filter((method) => method === name && enabled[method]));
}
