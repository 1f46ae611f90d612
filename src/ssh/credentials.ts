import type { ChallengeQuestion, ConnectPrompts, PasswordQuestion, SecretAnswer } from './types.js';
import { addressOf } from './printable.js';

const passwordOf = 'password ';
const indexKey = 'kept';

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
  private indexing: Promise<unknown> = Promise.resolve();

  constructor(private readonly secrets: Secrets) {}

  async get(key: string): Promise<string | undefined> {
    return this.typed.get(key) ?? (await this.secrets.get(key));
  }

  async accept(key: string, { secret, keep }: SecretAnswer): Promise<void> {
    this.typed.set(key, secret);
    if (!keep) return;
    // Its name first: what is not in the index would never be forgotten with the others.
    await this.changeIndex((names) => names.add(key));
    await this.secrets.store(key, secret);
  }

  async forget(key: string): Promise<void> {
    this.typed.delete(key);
    await this.secrets.delete(key);
    await this.changeIndex((names) => names.delete(key));
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
 * asked, and without a user nothing more is tried, so that no account is ever locked. What was typed counts as known only
 * when the server has taken it.
 */
export class Credentials {
  /** Given out in this attempt, and not known to be right yet. */
  private readonly open = new Map<string, SecretAnswer | undefined>();

  constructor(
    private readonly store: CredentialStore,
    private readonly prompts: ConnectPrompts | undefined,
  ) {}

  /** Whether there is somebody to ask. */
  get canAsk(): boolean {
    return this.prompts !== undefined;
  }

  /** Undefined where none is known and nobody can, or wants to, tell. `attempt` counts from 1; each further one says that the last was wrong. */
  passphrase(keyFile: string, attempt: number): Promise<string | undefined> {
    return this.secret(`passphrase ${keyFile}`, attempt, (asked) => this.prompts?.passphrase(keyFile, asked));
  }

  password(question: PasswordQuestion, attempt: number): Promise<string | undefined> {
    const { user, host, port } = question;
    return this.secret(`${passwordOf}${addressOf(user, host, port)}`, attempt, (asked) =>
      this.prompts?.password(question, asked),
    );
  }

  /** Asked each time, of a user only. */
  async challenge(question: ChallengeQuestion): Promise<readonly string[] | undefined> {
    return this.prompts?.challenge(question);
  }

  /** Logged in: what was given out was right, and is kept as the user wished. */
  async accepted(): Promise<void> {
    for (const [key, answer] of this.open) if (answer !== undefined) await this.store.accept(key, answer);
    this.open.clear();
  }

  /** The server let nobody in: a password that was given out is forgotten. A passphrase that opened its key was right all the same. */
  async refused(): Promise<void> {
    for (const key of this.open.keys()) if (key.startsWith(passwordOf)) await this.store.forget(key);
    this.open.clear();
  }

  private async secret(
    key: string,
    attempt: number,
    ask: (asked: number) => Promise<SecretAnswer | undefined> | undefined,
  ): Promise<string | undefined> {
    if (attempt === 1) {
      const kept = await this.store.get(key);
      if (kept !== undefined) {
        this.open.set(key, undefined);
        return kept;
      }
    } else {
      await this.store.forget(key);
    }
    this.open.delete(key);
    const answer = await ask(attempt);
    if (answer === undefined) return undefined;
    this.open.set(key, answer);
    return answer.secret;
  }
}
