import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SshConnector } from '../../../src/ssh/connector.js';
import { CredentialStore } from '../../../src/ssh/credentials.js';
import type { Ssh2Limits } from '../../../src/ssh/ssh2/transport.js';
import type { SshEnvironment } from '../../../src/ssh/environment.js';
import { resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import type {
  ChallengeQuestion,
  ConnectPrompts,
  HostKeyQuestion,
  PasswordQuestion,
  SecretAnswer,
} from '../../../src/ssh/types.js';
import { MemorySecrets } from '../../memorySecrets.js';
import type { KeyPair } from './recordingServer.js';

/** A user's home folder that lasts as long as one test. */
export class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'ssh-home-'));
  readonly knownHosts = join(this.path, '.ssh', 'known_hosts');
  readonly notices: string[] = [];
  env: Record<string, string> = {};
  readonly secrets = new MemorySecrets();

  get environment(): SshEnvironment {
    return { platform: process.platform, env: this.env, homeDir: this.path, userName: 'me' };
  }

  /** Writes a private key into ~/.ssh and returns its path. */
  addKey(name: string, key: KeyPair, mode = 0o600): string {
    const path = join(this.path, '.ssh', name);
    this.write(path, key.private);
    chmodSync(path, mode);
    return path;
  }

  /** Makes a host's key known. */
  trust(port: number, key: KeyPair, marker = ''): void {
    this.write(this.knownHosts, `${this.readKnownHosts()}${marker}[127.0.0.1]:${port} ${key.public}\n`);
  }

  readKnownHosts(): string {
    try {
      return readFileSync(this.knownHosts, 'utf8');
    } catch {
      return '';
    }
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.path, '.ssh'), { recursive: true, mode: 0o700 });
    writeFileSync(path, text);
  }

  /** A connector that knows this home only, and what else its configuration says. */
  connector(keywords: Record<string, string> = {}, limits: Partial<Ssh2Limits> = {}): SshConnector {
    const all = Object.entries({ globalknownhostsfile: 'none', ...keywords });
    const map = new Map(all.map(([keyword, value]) => [keyword, value.split('\n')]));
    return new SshConnector({
      credentials: new CredentialStore(this.secrets),
      environment: this.environment,
      limits,
      transport: 'ssh2',
      onNotice: (text) => this.notices.push(text),
      resolve: (destination) => Promise.resolve(resolvedHostOf(map, destination, this.environment)),
    });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Answers prompts and remembers what was asked. */
export class Answers implements ConnectPrompts {
  readonly hostKeys: HostKeyQuestion[] = [];
  readonly passphrases: string[] = [];
  readonly passwords: string[] = [];
  readonly challenges: ChallengeQuestion[] = [];
  /** What it answers to whether a secret is to be kept. */
  keep = false;
  /** What it answers to a server's own questions, where that is not the secrets. */
  codes: readonly string[] | undefined;

  constructor(
    private readonly trust: boolean | Promise<boolean> = true,
    private readonly secrets: readonly string[] = [],
  ) {}

  async confirmHostKey(question: HostKeyQuestion): Promise<boolean> {
    this.hostKeys.push(question);
    return this.trust;
  }

  passphrase(keyFile: string, attempt: number): Promise<SecretAnswer | undefined> {
    this.passphrases.push(`${keyFile} ${attempt}`);
    return Promise.resolve(this.secret(attempt));
  }

  password({ user, host, port }: PasswordQuestion, attempt: number): Promise<SecretAnswer | undefined> {
    this.passwords.push(`${user}@${host}:${port} ${attempt}`);
    return Promise.resolve(this.secret(attempt));
  }

  challenge(question: ChallengeQuestion): Promise<readonly string[] | undefined> {
    this.challenges.push(question);
    const answers = this.codes ?? this.secrets;
    return Promise.resolve(answers.length === 0 ? undefined : answers);
  }

  private secret(attempt: number): SecretAnswer | undefined {
    const secret = this.secrets[attempt - 1];
    return secret === undefined ? undefined : { secret, keep: this.keep };
  }
}

/** Waits until a file is there. */
export async function appearance(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  while (!existsSync(path)) await once(watcher, 'change');
  watcher.close();
}

/** A promise and its resolver: Node 20 has no Promise.withResolvers. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolved) => (resolve = resolved));
  return { promise, resolve };
}
