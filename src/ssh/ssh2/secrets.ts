import type { AnyAuthMethod, Prompt } from 'ssh2';
import type { Credentials } from '../credentials.js';
import type { Deadline } from '../deadline.js';
import { printable } from '../printable.js';
import type { ResolvedHost } from '../resolvedHost.js';
import type { PasswordQuestion } from '../types.js';

export interface SecretMethodsOptions {
  readonly host: ResolvedHost;
  readonly credentials: Credentials;
  readonly deadline: Deadline;
  /** Called when an answer the server waits for will not come. */
  readonly onGivenUp: () => void;
}

/**
 * What is typed to log in at one server: its password, or answers to what it asks. What is known is used once; what is refused
 * is forgotten, and asked anew where somebody is there. No password is sent that is empty or was refused before: it would be a
 * failure more on the way to a locked account.
 */
export class SecretMethods {
  /** Methods by which something was sent that the server has not taken. */
  readonly tried = new Set<string>();
  private readonly sent = new Set<string>();
  private latest = '';
  private passwordAttempts = 0;
  private missing: string | undefined;

  constructor(private readonly options: SecretMethodsOptions) {}

  /** What was asked for and not given: the user wants no further question then. */
  get givenUp(): string | undefined {
    return this.missing;
  }

  /** The server has taken what was sent by `method`, and wants more: what it asks for next may well be the same password. */
  taken(method: string): void {
    if (!this.tried.delete(method)) return;
    this.sent.delete(this.latest);
    this.passwordAttempts = 0;
  }

  async *passwords(): AsyncGenerator<AnyAuthMethod, void> {
    const { host } = this.options;
    for (let prompt = 0; this.mayGoOn && prompt < host.authentication.passwordPrompts; prompt += 1) {
      const password = await this.password();
      if (password === undefined) {
        this.missing = 'a password';
        return;
      }
      this.tried.add('password');
      yield { type: 'password', username: host.user, password };
    }
  }

  async *challenges(): AsyncGenerator<AnyAuthMethod, void> {
    const { host, credentials } = this.options;
    for (let prompt = 0; this.mayGoOn && prompt < host.authentication.passwordPrompts; prompt += 1) {
      // In the background it may still be the password by another name, if that is known.
      if (!credentials.canAsk && !(await credentials.knowsPassword(this.question))) return;
      let round = 0;
      yield {
        type: 'keyboard-interactive',
        username: host.user,
        prompt: (name, instruction, _language, prompts, answer) => {
          round += 1;
          void this.answers(name, instruction, prompts, round === 1).then((answers) => {
            if (answers === undefined) this.options.onGivenUp();
            else answer([...answers]);
          });
        },
      };
    }
  }

  private get question(): PasswordQuestion {
    const { destination, user, hostName, port } = this.options.host;
    return { destination, user, host: hostName, port };
  }

  /** In the background there is one try: what is kept, or nothing. */
  private get mayGoOn(): boolean {
    return this.options.credentials.canAsk || this.passwordAttempts === 0;
  }

  /** Undefined where none is known and nobody can, or wants to, tell. */
  private async password(): Promise<string | undefined> {
    const { credentials, deadline } = this.options;
    let password: string | undefined;
    do {
      this.passwordAttempts += 1;
      password = await deadline.whileAsking(credentials.password(this.question, this.passwordAttempts));
    } while (password === '' || (password !== undefined && this.sent.has(password)));
    if (password !== undefined) {
      this.sent.add(password);
      this.latest = password;
    }
    return password;
  }

  private async answers(
    name: string,
    instruction: string,
    prompts: readonly Prompt[],
    isFirst: boolean,
  ): Promise<readonly string[] | undefined> {
    const { credentials, deadline } = this.options;
    // A second question by that word is another one: the first answer was taken, or it would not have come.
    const isPassword = isFirst && isPasswordPrompt(prompts);
    const answers = isPassword
      ? await this.password().then((password) => (password === undefined ? undefined : [password]))
      : await deadline.whileAsking(
          credentials.challenge({
            ...this.question,
            name,
            instruction,
            prompts: prompts.map(({ prompt, echo }) => ({ text: prompt, echo: echo === true })),
          }),
        );
    // ssh2 would answer a server that waits for more with less.
    if (answers?.length !== prompts.length) {
      const [first] = prompts;
      this.missing = isPassword || first === undefined ? 'a password' : `"${printable(first.prompt)}"`;
      return undefined;
    }
    this.tried.add('keyboard-interactive');
    return answers;
  }
}

/** Many servers ask for the password this way, and by this word; others by it for a code, or for a password to be. */
export function isPasswordPrompt(prompts: readonly Prompt[]): boolean {
  const [only, ...more] = prompts;
  if (only === undefined || more.length > 0 || only.echo === true) return false;
  return /^[^\n]*password:?\s*$/i.test(only.prompt) && !/one[- ]?time|otp|s\/key|new|again|retype/i.test(only.prompt);
}
