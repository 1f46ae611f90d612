import type { ChallengeQuestion, ConnectPrompts, PasswordQuestion, SecretAnswer } from './types.js';
import { addressOf } from './printable.js';

const passwordOf = 'password ';
const passphraseOf = 'passphrase ';
const indexKey = 'kept';
/** Before the name of a kept password that was sent and never judged. Beside it, since every window must know. */
const unjudgedOf = 'unjudged ';

/** Where secrets that the user chose to keep lie. The editor's own SecretStorage has this shape. */
export interface Secrets {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/**
 * Secrets of this window: what was typed once is not asked again for as long as the window lives, and longer only where the
 * user said so. One for all hosts, so that a key which many hosts take is unlocked once.
 */
export class CredentialStore {
  private readonly typed = new Map<string, string>();
  private readonly unjudged = new Set<string>();
  private readonly turns = new Map<string, Promise<unknown>>();
  /** Questions under way: who needs the same secret meanwhile hears the same answer. */
  private readonly questions = new Map<string, Promise<SecretAnswer | undefined>>();
  private indexing: Promise<unknown> = Promise.resolve();

  constructor(private readonly secrets: Secrets) {}

  async get(key: string): Promise<string | undefined> {
    return this.typed.get(key) ?? (await this.secrets.get(key));
  }

  async accept(key: string, { secret, keep }: SecretAnswer): Promise<void> {
    this.typed.set(key, secret);
    await this.judged(key);
    if (!keep) return;
    // Its name first: what is not in the index would never be forgotten with the others.
    await this.changeIndex((names) => names.add(key));
    await this.secrets.store(key, secret);
  }

  /**
   * Asks for a secret that is tried on this machine, where a wrong one does no harm: once for all who need it at the same time,
   * as hosts do that are connected together with one locked key.
   */
  async askOnce(
    key: string,
    ask: () => Promise<SecretAnswer | undefined> | undefined,
  ): Promise<SecretAnswer | undefined> {
    const question = this.questions.get(key) ?? Promise.resolve(ask());
    this.questions.set(key, question);
    try {
      const answer = await question;
      if (answer !== undefined) this.typed.set(key, answer.secret);
      return answer;
    } finally {
      if (this.questions.get(key) === question) this.questions.delete(key);
    }
  }

  async forget(key: string): Promise<void> {
    this.typed.delete(key);
    await this.judged(key);
    await this.secrets.delete(key);
    await this.changeIndex((names) => names.delete(key));
  }

  /** Whether it was sent to a server that never said whether it was right. */
  async isUnjudged(key: string): Promise<boolean> {
    return this.unjudged.has(key) || (await this.secrets.get(unjudgedOf + key)) !== undefined;
  }

  async leaveUnjudged(key: string): Promise<void> {
    this.unjudged.add(key);
    if ((await this.secrets.get(key)) !== undefined) await this.secrets.store(unjudgedOf + key, 'yes');
  }

  async judged(key: string): Promise<void> {
    this.unjudged.delete(key);
    if ((await this.secrets.get(unjudgedOf + key)) !== undefined) await this.secrets.delete(unjudgedOf + key);
  }

  /** Waits until nobody else has `key` out at a server. Resolves with what ends this turn. */
  async turn(key: string): Promise<() => void> {
    let end = (): void => undefined;
    const before = this.turns.get(key);
    this.turns.set(key, new Promise<void>((resolve) => (end = resolve)));
    await before;
    return end;
  }

  /** Forgets all that is kept and all that was typed; resolves with how many there were. */
  async forgetAll(): Promise<number> {
    const known = new Set(this.typed.keys());
    this.typed.clear();
    await this.changeIndex((names) => names.forEach((name) => known.add(name)));
    for (const key of known) await this.forget(key);
    return known.size;
  }

  /** One change after another: two secrets that are kept at once are both in the index. */
  private changeIndex(change: (names: Set<string>) => unknown): Promise<void> {
    const changed = this.indexing.then(async () => {
      const before = await this.secrets.get(indexKey);
      const names = new Set(namesIn(before));
      change(names);
      const after = JSON.stringify([...names]);
      if (names.size === 0) {
        if (before !== undefined) await this.secrets.delete(indexKey);
      } else if (after !== before) await this.secrets.store(indexKey, after);
    });
    this.indexing = changed.catch(() => undefined);
    return changed;
  }
}

/** The names of what is kept. The editor's storage can't tell them, and other windows' must be among them. */
function namesIn(index: string | undefined): string[] {
  try {
    const names: unknown = JSON.parse(index ?? '[]');
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

/**
 * The secrets of one attempt to connect. Kept ones are used first, once: what is refused is forgotten before the user is
 * asked, and without a user nothing more is tried, so that no account is ever locked. A kept password is out at one server at
 * a time, so that many logins at once send a wrong one once. One that a server never judged is not sent again without the
 * user. What was typed counts as known only when the server has taken it.
 */
export class Credentials {
  /** Given out in this attempt, and not known to be right yet. */
  private readonly open = new Map<string, SecretAnswer | undefined>();
  private readonly turns = new Map<string, () => void>();
  private over = false;

  constructor(
    private readonly store: CredentialStore,
    private readonly prompts: ConnectPrompts | undefined,
  ) {}

  /** The same secrets for another login of the same host that nobody waits for: what is not known by then fails. */
  silent(): Credentials {
    return new Credentials(this.store, undefined);
  }

  /** Whether there is somebody to ask. */
  get canAsk(): boolean {
    return this.prompts !== undefined;
  }

  /** Whether a password was given out that no server has judged yet. */
  get isUnjudged(): boolean {
    return this.openPasswords.length > 0;
  }

  /** Undefined where none is known and nobody can, or wants to, tell. `attempt` counts from 1; each further one says that the last was wrong. */
  passphrase(keyFile: string, attempt: number): Promise<string | undefined> {
    return this.secret(`${passphraseOf}${keyFile}`, attempt, (asked) => this.prompts?.passphrase(keyFile, asked));
  }

  password(question: PasswordQuestion, attempt: number): Promise<string | undefined> {
    const { user, host, port } = question;
    return this.secret(`${passwordOf}${addressOf(user, host, port)}`, attempt, (asked) =>
      this.prompts?.password(question, asked),
    );
  }

  /** Whether a password can be given without asking. */
  async knowsPassword({ user, host, port }: PasswordQuestion): Promise<boolean> {
    return (await this.known(`${passwordOf}${addressOf(user, host, port)}`)) !== undefined;
  }

  /** Asked each time, of a user only. */
  async challenge(question: ChallengeQuestion): Promise<readonly string[] | undefined> {
    return this.prompts?.challenge(question);
  }

  /** Logged in: what was given out was right, and is kept as the user wished. */
  accepted(): Promise<void> {
    return this.settle([...this.open.keys()], async (key) => {
      const answer = this.open.get(key);
      await (answer === undefined ? this.store.judged(key) : this.store.accept(key, answer));
    });
  }

  /** The server let nobody in: a password that was given out is forgotten. A passphrase that opened its key was right all the same. */
  refused(): Promise<void> {
    this.over = true;
    return this.settle(this.openPasswords, (key) => this.store.forget(key));
  }

  /** The attempt came to nothing, and no server has said whether what it was given was right. */
  unjudged(): Promise<void> {
    this.over = true;
    return this.settle(this.openPasswords, (key) => this.store.leaveUnjudged(key));
  }

  private get openPasswords(): string[] {
    return [...this.open.keys()].filter((key) => key.startsWith(passwordOf));
  }

  private async settle(keys: readonly string[], settle: (key: string) => Promise<void>): Promise<void> {
    try {
      for (const key of keys) await settle(key);
    } finally {
      for (const key of [...this.open.keys()]) this.close(key);
    }
  }

  private close(key: string): void {
    this.open.delete(key);
    this.turns.get(key)?.();
    this.turns.delete(key);
  }

  private async secret(
    key: string,
    attempt: number,
    ask: (asked: number) => Promise<SecretAnswer | undefined> | undefined,
  ): Promise<string | undefined> {
    if (attempt === 1) {
      const kept = await this.inTurn(key);
      if (kept !== undefined) {
        this.open.set(key, undefined);
        return kept;
      }
    } else {
      await this.store.forget(key);
    }
    this.close(key);
    const isPassphrase = key.startsWith(passphraseOf);
    const answer = await (isPassphrase ? this.store.askOnce(key, () => ask(attempt)) : ask(attempt));
    if (answer === undefined) return undefined;
    this.open.set(key, answer);
    return answer.secret;
  }

  private async known(key: string): Promise<string | undefined> {
    const isBarred = !this.canAsk && key.startsWith(passwordOf) && (await this.store.isUnjudged(key));
    return isBarred ? undefined : this.store.get(key);
  }

  /** What is known once nobody else has it out: a password may have been refused meanwhile, and this attempt be over. */
  private async inTurn(key: string): Promise<string | undefined> {
    const known = await this.known(key);
    if (known === undefined || !key.startsWith(passwordOf) || this.turns.has(key)) return known;
    const end = await this.store.turn(key);
    const still = this.over ? undefined : await this.known(key);
    if (still === undefined) end();
    else this.turns.set(key, end);
    return still;
  }
}
