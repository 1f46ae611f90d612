import type * as SshConfigModule from 'ssh-config';
import { messageOf } from '../base/errors.js';
import {
  type ConfigFiles,
  type ConfigRoot,
  configRoots,
  configsOnDisk,
  includedFiles,
  maxIncludeDepth,
  parseConfig,
  wordsOf,
} from './configFiles.js';
import { judgeMatch } from './configMatch.js';
import { isNamed } from './patterns.js';
import type { Destination } from './destination.js';
import type { SshEnvironment } from './environment.js';
import type { WayBy } from './hops.js';
import { isMissing } from './knownHostsFile.js';
import { printable } from './printable.js';
import type { Keywords } from './resolvedHost.js';
import { SshError } from './types.js';

export interface ConfigKeywordsOptions {
  readonly environment: SshEnvironment;
  readonly configFile: string | undefined;
  readonly wayBy?: WayBy | undefined;
}

/** Each further one adds to those before; of all others the first counts. */
const repeatable = new Set(['identityfile', 'certificatefile']);
/** A shell reads these, so that their quotes count. */
const commands = new Set(['proxycommand', 'knownhostscommand', 'localcommand', 'remotecommand']);
/** Of these two, whichever comes first. */
const ways = new Set(['proxyjump', 'proxycommand']);

/**
 * What the configuration says about a destination, in the form `ssh -G` gives, for where there is no ssh: the user's file and
 * the system's with what they include. Rejects with an `SshError` where a file can't be read, or only ssh can tell what holds.
 */
export async function configKeywords(
  destination: Destination,
  options: ConfigKeywordsOptions,
  files: ConfigFiles = configsOnDisk,
): Promise<Keywords> {
  const reading = new Reading(destination, options, files);
  try {
    return await reading.all(configRoots(options.environment, options.configFile));
  } catch (error) {
    throw new SshError(
      'unresolved',
      `Your ssh configuration can't be followed for "${destination.text}" without ssh: ${printable(messageOf(error))}.`,
      'Mend it, or install an OpenSSH client, which can follow all of it.',
      { cause: error },
    );
  }
}

/** One destination's way through the configuration. What it throws is a clause for a message. */
class Reading {
  private readonly keywords = new Map<string, string[]>();
  private readonly environment: SshEnvironment;
  private isFinal = false;
  private wantsFinal = false;

  constructor(
    private readonly destination: Destination,
    { environment, wayBy }: ConfigKeywordsOptions,
    private readonly files: ConfigFiles,
  ) {
    this.environment = environment;
    // As ssh does for a host that it reaches through others anyway.
    if (wayBy === 'others') this.keywords.set('proxyjump', ['none']);
  }

  async all(roots: readonly ConfigRoot[]): Promise<Keywords> {
    const each = async (): Promise<void> => {
      for (const root of roots) await this.file(root.file, root, 0);
    };
    await each();
    const canonicalize = /^(?:yes|true|always)$/i.test(this.first('canonicalizehostname') ?? '');
    if (canonicalize && (this.first('canonicaldomains') ?? 'none') !== 'none') {
      throw new Error('CanonicalizeHostname asks for names that only ssh looks up');
    }
    if (this.wantsFinal || canonicalize) {
      this.isFinal = true;
      await each();
    }
    return this.keywords;
  }

  private async file(file: string, root: ConfigRoot, depth: number): Promise<void> {
    if (depth > maxIncludeDepth) throw new Error(`${file} is included too deep`);
    let text: string;
    try {
      text = await this.files.readText(file);
    } catch (error) {
      if (isMissing(error) && (depth > 0 || root.optional)) return;
      throw new Error(`${file} can't be read (${messageOf(error)})`, { cause: error });
    }
    await this.lines(await parseConfig(text), root, depth);
  }

  private async lines(config: SshConfigModule.default, root: ConfigRoot, depth: number): Promise<void> {
    for (const line of config) {
      if (!('param' in line)) continue;
      const keyword = line.param.toLowerCase();
      if ('config' in line) {
        if (this.applies(keyword, wordsOf(line))) await this.lines(line.config, root, depth);
      } else if (keyword === 'include') {
        for (const pattern of wordsOf(line)) await this.include(pattern, root, depth);
      } else this.take(keyword, line);
    }
  }

  private async include(pattern: string, root: ConfigRoot, depth: number): Promise<void> {
    const included = await includedFiles(pattern, root.folder, this.environment, this.files);
    for (const file of included) await this.file(file, root, depth + 1);
  }

  private applies(keyword: string, words: readonly string[]): boolean {
    if (keyword === 'host') return isNamed(words, this.destination.host);
    if (words.some((word) => /^!?final$/i.test(word))) this.wantsFinal = true;
    const { host, user } = this.destination;
    const { userName } = this.environment;
    const verdict = judgeMatch(words, {
      original: host,
      hostName: (this.first('hostname') ?? host).replaceAll('%h', host).replaceAll('%%', '%'),
      user: user ?? this.first('user') ?? userName,
      localUser: userName,
      tag: this.first('tag') ?? '',
      isFinal: this.isFinal,
    });
    if (typeof verdict === 'boolean') return verdict;
    throw new Error(`only ssh can tell whether "Match ${words.join(' ')}" holds (${verdict.onlySsh})`);
  }

  private take(keyword: string, line: SshConfigModule.Directive): void {
    const known = this.keywords.get(keyword);
    if (ways.has(keyword) && [...ways].some((way) => this.keywords.has(way))) return;
    const value = commands.has(keyword) ? asWritten(line) : wordsOf(line).join(' ');
    if (known === undefined) this.keywords.set(keyword, [value]);
    else if (repeatable.has(keyword) && !known.includes(value)) known.push(value);
  }

  private first(keyword: string): string | undefined {
    return this.keywords.get(keyword)?.[0];
  }
}

function asWritten({ value, quoted }: SshConfigModule.Directive): string {
  const words = typeof value === 'string' ? [{ val: value, quoted }] : value;
  return words.map((word) => (word.quoted === true ? `"${word.val}"` : word.val)).join(' ');
}
