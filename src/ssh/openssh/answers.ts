import type { Credentials } from '../credentials.js';
import type { Deadline } from '../deadline.js';
import { storing } from '../failedLogin.js';
import type { Hop } from '../hops.js';
import { knownHostName } from '../knownHosts.js';
import { addressOf, listed, printable } from '../printable.js';
import { labelOf } from '../resolvedHost.js';
import { type ConnectPrompts, type HostKeyQuestion, type PasswordQuestion, SshError } from '../types.js';
import type { AskpassRequest } from './askpass.js';
import { type AskpassQuestion, parseAskpassPrompt } from './askpassPrompt.js';

export interface AnswersOptions {
  /** The destination last. */
  readonly hops: readonly Hop[];
  readonly credentials: Credentials;
  readonly prompts: ConnectPrompts | undefined;
  readonly deadline: Deadline;
  /** Whether the process is the ssh that logs in at the destination; undefined where that can't be told. */
  readonly isLast: (asker: number) => boolean | undefined;
  /** Types of the keys a host is known by. */
  readonly knownTypes: (hop: Hop) => Promise<readonly string[]>;
  /**
   * Ends the connection at once, before ssh hears that there is no answer: it would send an empty password, and that is one
   * failure more on the way to a locked account.
   */
  readonly giveUp: (error: SshError) => void;
  readonly onNotice: (text: string) => void;
}

/** ssh cuts longer paths in its prompts, before 9.0. */
const maxPromptPathChars = 100;

/** Answers what one ssh asks while it logs in, each hop by its own name. What is not understood is not answered. */
export class Answers {
  private readonly attempts = new Map<string, number>();
  /** The furthest hop that is known to be reached. */
  private furthest = 0;

  constructor(private readonly options: AnswersOptions) {}

  readonly answer = async (request: AskpassRequest): Promise<string | undefined> => {
    const question = parseAskpassPrompt(request.prompt, request.hint);
    const { credentials, deadline, giveUp, onNotice } = this.options;
    switch (question.kind) {
      case 'touch':
        onNotice(printable(question.text));
        return this.touch(request);
      case 'passphrase': {
        if (this.options.isLast(request.asker) === true) await this.reachedLast();
        const keyFile = this.wholePath(question.keyFile);
        return deadline.whileAsking(credentials.passphrase(keyFile, this.attempt(keyFile)));
      }
      case 'password': {
        const about = await this.login(question.user, question.host, request.asker);
        const attempt = this.attempt(`${String(this.options.isLast(request.asker))} ${addressOfQuestion(about)}`);
        const secret = await deadline.whileAsking(credentials.password(about, attempt));
        if (secret === undefined) giveUp(noAnswer(about, 'a password', credentials.canAsk));
        return secret;
      }
      case 'challenge':
        return this.challenge(await this.login(question.user, question.host, request.asker), question.text);
      case 'pin':
        return this.challenge(this.destination, question.text);
      case 'hostKey':
        return this.hostKey(question, request.asker);
      case 'unknown':
        onNotice(`ssh asked what can't be answered here: ${printable(question.text)}`);
        // To a request for permission no answer is a no.
        if (request.hint === '') giveUp(this.unanswerable(question.text));
        return undefined;
    }
  };

  /** The destination has answered: the hosts before it have let the user in. */
  async reachedLast(): Promise<void> {
    await this.reached(this.last);
  }

  /** So many hosts on the way have let the user in. */
  async passed(count: number): Promise<void> {
    await this.reached(this.options.hops[count]);
  }

  private get last(): Hop | undefined {
    return this.options.hops.at(-1);
  }

  /** For questions that no host asks. */
  private get destination(): PasswordQuestion {
    const { host } = this.last ?? {};
    return {
      destination: host?.destination ?? '',
      user: host?.user ?? '',
      host: host?.hostName ?? '',
      port: host?.port ?? 22,
    };
  }

  /** Nothing is to be answered: the device is. In the background it must not even blink. */
  private async touch({ asker, gone }: AskpassRequest): Promise<undefined> {
    const { prompts, deadline, giveUp } = this.options;
    const { destination = '' } = (this.hopOf(asker, () => true) ?? this.last)?.host ?? {};
    if (prompts === undefined) {
      giveUp(
        new SshError(
          'authentication',
          `${printable(destination)} waits for a security key to be touched.`,
          'Connect to it yourself: in the background nothing is asked.',
        ),
      );
      return;
    }
    prompts.touch?.(destination, gone);
    await deadline.whileAsking(aborted(gone));
  }

  private async challenge(about: PasswordQuestion, text: string): Promise<string | undefined> {
    const { credentials, deadline, giveUp } = this.options;
    // Whether it may be seen is not told.
    const question = { ...about, name: '', instruction: '', prompts: [{ text, echo: false }] };
    const answers = await deadline.whileAsking(credentials.challenge(question));
    const answer = answers?.[0];
    if (answer === undefined) giveUp(noAnswer(about, quoted(text), credentials.canAsk));
    return answer;
  }

  private async hostKey(
    { name, address, keyType, fingerprint }: Extract<AskpassQuestion, { kind: 'hostKey' }>,
    asker: number,
  ): Promise<string | undefined> {
    const { prompts, deadline, giveUp, knownTypes } = this.options;
    const hop = this.hopOf(
      asker,
      ({ host }) => knownHostName(host.hostName, host.port, host.hostKeyAlias) === name.toLowerCase(),
    );
    await this.reached(hop);
    const otherKnownTypes = hop === undefined ? [] : await knownTypes(hop);
    const question: HostKeyQuestion = {
      destination: hop?.host.destination ?? name,
      ...(hop === undefined ? hostAndPort(name) : { host: hop.host.hostName, port: hop.host.port }),
      address,
      keyType,
      fingerprint,
      otherKnownTypes,
    };
    const accepted = await deadline.whileAsking(prompts?.confirmHostKey(question) ?? Promise.resolve(false));
    if (accepted) return 'yes';
    const known = otherKnownTypes.length > 0 ? ` (known are only its keys of type ${listed(otherKnownTypes)})` : '';
    giveUp(
      new SshError(
        'hostKeyUnknown',
        `Unknown host key: the ${printable(keyType)} key of ${hop === undefined ? printable(name) : labelOf(hop.host)}, ${fingerprint}, is not known${known}.`,
        prompts === undefined
          ? 'Connect to it yourself once, to check its key and accept it.'
          : 'Its key was not accepted.',
        { byUser: prompts !== undefined },
      ),
    );
    return undefined;
  }

  /** Who asks for a login. A name that is none of the hops' is a stranger's: no secret is kept for it under another's name. */
  private async login(user: string, name: string, asker: number): Promise<PasswordQuestion> {
    const hop = this.hopOf(asker, ({ host }) => host.user === user && host.hostName === name);
    await this.reached(hop);
    if (hop === undefined) return { destination: name, user, host: name, port: 0 };
    const { destination, hostName, port } = hop.host;
    return { destination, user, host: hostName, port };
  }

  /** What was given for the hosts before this one was right, whatever this one says. */
  private async reached(hop: Hop | undefined): Promise<void> {
    const { hops, credentials, onNotice } = this.options;
    const index = hop === undefined ? -1 : hops.indexOf(hop);
    if (index <= this.furthest) return;
    this.furthest = index;
    await storing(credentials.accepted(), onNotice);
  }

  /** Hops may share a name: then the process that asks tells which it is, or nobody does. */
  private hopOf(asker: number, matches: (hop: Hop) => boolean): Hop | undefined {
    const { hops, isLast } = this.options;
    const asksLast = isLast(asker);
    const candidates = hops.filter(
      (hop) => matches(hop) && (asksLast === undefined || asksLast === (hop === this.last)),
    );
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  private unanswerable(text: string): SshError {
    const asked = `${addressOfQuestion(this.destination)}: ssh asks ${quoted(text)}`;
    // Windows cuts a question at the end of its first line, where no fingerprint is to be seen yet.
    return text.startsWith('The authenticity of host ')
      ? new SshError(
          'hostKeyUnknown',
          `${asked}.`,
          'Connect once with ssh in a terminal, to check its key and accept it.',
        )
      : new SshError('authentication', `${asked}, which can't be answered here.`);
  }

  private attempt(key: string): number {
    const attempt = (this.attempts.get(key) ?? 0) + 1;
    this.attempts.set(key, attempt);
    return attempt;
  }

  private wholePath(path: string): string {
    if (path.length < maxPromptPathChars - 1) return path;
    const files = this.options.hops.flatMap(({ host }) => host.identityFiles);
    return files.find((file) => file.startsWith(path)) ?? path;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function noAnswer(about: PasswordQuestion, what: string, canAsk: boolean): SshError {
  return new SshError(
    'authentication',
    `${addressOfQuestion(about)} asks for ${what}, and none was given.`,
    canAsk ? undefined : 'Connect to it yourself: in the background nothing is asked.',
    { byUser: canAsk },
  );
}

function addressOfQuestion({ user, host, port }: PasswordQuestion): string {
  return port === 0 ? `${user}@${printable(host)}` : addressOf(user, host, port);
}

/** In a server's words, which often end with a colon and a space. */
function quoted(text: string): string {
  return `"${printable(text).replace(/\s*:$/, '')}"`;
}

function hostAndPort(name: string): { readonly host: string; readonly port: number } {
  const bracketed = /^\[(.*)\]:(\d+)$/.exec(name);
  return bracketed === null ? { host: name, port: 22 } : { host: bracketed[1] ?? name, port: Number(bracketed[2]) };
}
