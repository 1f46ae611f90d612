import { randomUUID } from 'node:crypto';
import type { Disposable } from '../base/disposable.js';
import { messageOf, UserError } from '../base/errors.js';
import type { CommandLog } from '../base/log.js';
import type { ExecChannel, HostConnection } from '../ssh/types.js';
import { type ChannelBudget, isRefused } from './channelBudget.js';
import { posixQuote } from './quote.js';
import type { ScriptResult, ShellScript } from './script.js';

/** More than any script here prints; what a host sends beyond it is not kept. */
const maxOutput = 1_000_000;

export interface ScriptRunnerOptions {
  readonly host: string;
  readonly log: CommandLog;
  /** Another connection to the host, where the first has no session left. Rejects where that would need the user. */
  readonly connectAnother: () => Promise<HostConnection>;
}

/** Runs scripts on a host, each on a channel of its own, or on a connection of its own where the server allows no more. */
export class ScriptRunner implements Disposable {
  private readonly open = new Set<Disposable>();

  constructor(
    private readonly budget: Pick<ChannelBudget, 'exec'>,
    private readonly options: ScriptRunnerOptions,
  ) {}

  /** Rejects with a `UserError` that names the host: no channel, no answer in time, the connection's end, or what `parse` throws. */
  async run<T>(script: ShellScript<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      const result = await this.ask(script);
      const value = script.parse(result);
      this.log(script, startedMs, 'ok', result.stdout);
      return value;
    } catch (error) {
      this.log(script, startedMs, 'failed', messageOf(error));
      throw error;
    }
  }

  dispose(): void {
    for (const one of this.open) one.dispose();
  }

  private async ask<T>(script: ShellScript<T>): Promise<ScriptResult> {
    try {
      return await this.runOn(await this.budget.exec(shell), script);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const other = await this.options.connectAnother();
      this.open.add(other);
      try {
        return await this.runOn(await other.exec(shell), script);
      } finally {
        this.open.delete(other);
        other.dispose();
      }
    }
  }

  private runOn<T>(channel: ExecChannel, script: ShellScript<T>): Promise<ScriptResult> {
    const { host } = this.options;
    const { label, timeoutMs } = script;
    const token = randomUUID();
    this.open.add(channel);
    return new Promise((resolve, reject) => {
      let stdout = '';
      let stderr = '';
      const timer = setTimeout(() => {
        reject(new UserError(`${host} did not answer within ${timeoutMs / 1000} s: ${label}.`));
        channel.dispose();
      }, timeoutMs);
      channel.onStdout((text) => (stdout = (stdout + text).slice(0, maxOutput)));
      channel.onStderr((text) => (stderr = (stderr + text).slice(0, maxOutput)));
      channel.onClose(({ exitCode, signal }) => {
        clearTimeout(timer);
        this.open.delete(channel);
        const own = after(stdout, token);
        if (own !== undefined) resolve({ stdout: own, stderr: after(stderr, token) ?? '', exitCode });
        else if (exitCode === undefined && signal === undefined) {
          reject(new UserError(`The connection to ${host} ended before it answered: ${label}.`));
        } else reject(new UserError(`${host} runs no sh for this login: ${label}.${wordsOf(stderr)}`, noShAdvice));
      });
      channel.write(scriptText(script, token));
      channel.end();
    });
  }

  private log<T>({ label }: ShellScript<T>, startedMs: number, outcome: 'ok' | 'failed', answer: string): void {
    const { log, host } = this.options;
    log.virsh({ host, line: `sh: ${label}`, durationMs: performance.now() - startedMs, outcome, answer });
  }
}

const noShAdvice =
  'Log in as a user with a login shell (see getent passwd there), whose key has no forced command in authorized_keys or sshd_config.';

/** Every login shell starts this; what it is to do comes on its standard input, where no login shell reads it. */
const shell = 'env LC_ALL=C sh -s';

/**
 * The braces have it read whole before it runs, and what runs in it finds nothing to read. The token parts its words from
 * those of a login shell that greets.
 */
export function scriptText({ script, args }: Pick<ShellScript<unknown>, 'script' | 'args'>, token: string): string {
  const words = args.map((word) => ` ${posixQuote(word)}`).join('');
  return `printf '\\n%s\\n' ${token}\nprintf '\\n%s\\n' ${token} >&2\nset --${words}\n{\n${script}\n} </dev/null\nexit $?\n`;
}

function after(text: string, token: string): string | undefined {
  const at = text.indexOf(`${token}\n`);
  return at < 0 ? undefined : text.slice(at + token.length + 1);
}

function wordsOf(stderr: string): string {
  const [first] = stderr.trim().split('\n').slice(-1);
  return first === undefined || first === '' ? '' : ` It said: ${first}`;
}
