import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SshConnector, type SshConnectorOptions } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { currentEnvironment } from '../../src/ssh/environment.js';
import type { ChannelEnd, ConnectPrompts, ExecChannel, HostConnection } from '../../src/ssh/types.js';
import { MemorySecrets } from '../memorySecrets.js';
import { must, until } from './run.js';
import type { Sshd, SshdAccount } from './sshd.js';

/** The variable that marks the processes of a scene. */
const sceneVariable = 'TRANSPORT_SCENE';

/** Long enough for a server to notice that a client is gone, on a busy machine. */
const endLimitMs = 10_000;

/** What one command said, and how it ended. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: ChannelEnd;
}

/** A user of this machine with an ssh configuration, keys, secrets and known hosts of their own, for one test. */
export class TransportScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'transport-'));
  readonly config = join(this.folder, 'config');
  readonly knownHosts = join(this.folder, 'known_hosts');
  readonly secrets = new MemorySecrets();
  readonly notices: string[] = [];
  private readonly connections: HostConnection[] = [];
  private readonly others = temporaryFolders();

  constructor(private readonly options: Partial<SshConnectorOptions>) {}

  /** What programs are started with. Each of them passes it on, so that all that was started is known by it. */
  get env(): Readonly<Record<string, string | undefined>> {
    return { ...process.env, [sceneVariable]: this.folder };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text, { mode: 0o600 });
    return this.path(name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Makes a key pair; returns the private one's path. */
  async makeKey(name: string, passphrase = ''): Promise<string> {
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', this.path(name)]);
    return this.path(name);
  }

  publicKey(name: string): string {
    return this.read(`${name}.pub`).trim();
  }

  /** The configuration knows `hv1` at `port`, with these lines first. */
  configure(port: number, ...lines: readonly string[]): void {
    const rest = [
      'HostName 127.0.0.1',
      `Port ${port}`,
      'User root',
      'IdentitiesOnly yes',
      'IdentityAgent none',
      `UserKnownHostsFile ${this.knownHosts}`,
      'GlobalKnownHostsFile none',
    ];
    this.write('config', ['Host hv1', ...lines, ...rest].join('\n  ') + '\n');
  }

  know(...lines: readonly string[]): void {
    writeFileSync(this.knownHosts, lines.join(''));
  }

  async connect(
    prompts?: ConnectPrompts,
    signal: AbortSignal = new AbortController().signal,
    more: Partial<SshConnectorOptions> = {},
  ): Promise<HostConnection> {
    const connector = new SshConnector({
      credentials: new CredentialStore(this.secrets),
      configFile: this.config,
      environment: { ...currentEnvironment(), env: this.env },
      onNotice: (text) => this.notices.push(text),
      ...this.options,
      ...more,
    });
    const connection = await connector.connect('hv1', prompts, signal);
    this.connections.push(connection);
    return connection;
  }

  /** What runs of ours, and of this folder's, as `pid command line`, whoever started it. */
  processes(): string[] {
    const mark = `${sceneVariable}=${this.folder}`;
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const ours = pids.filter(
      (pid) =>
        ofProcess(pid, 'environ').includes(mark) ||
        ofProcess(pid, 'cmdline').some((word) => word.includes(this.folder)),
    );
    return ours.map((pid) => `${pid} ${ofProcess(pid, 'cmdline').join(' ')}`);
  }

  /** Folders that a transport made, and has not removed. */
  folders(): string[] {
    const made = temporaryFolders().filter((name) => !this.others.includes(name));
    return made.map((name) => join(tmpdir(), name));
  }

  /** Where others of this machine could read one of the secrets: what our processes show, and files. */
  disclosures(...secrets: readonly string[]): string[] {
    const holds = (text: string): boolean => secrets.some((secret) => text.includes(secret));
    const shown = this.processes().filter((line) => {
      const pid = line.split(' ')[0] ?? '';
      return holds([...ofProcess(pid, 'cmdline'), ...ofProcess(pid, 'environ')].join('\n'));
    });
    const files = [this.folder, ...this.folders()].flatMap(filesIn);
    return [...shown, ...files.filter((file) => holds(contentOf(file)))];
  }

  /** Resolves when neither side has anything left of any connection. */
  async nothingLeft(...servers: readonly Sshd[]): Promise<void> {
    const left = (): unknown[] => [
      ...this.processes(),
      ...this.folders(),
      ...servers.flatMap((server) => server.processes()),
    ];
    await until('the end of all that was started', () => left().length === 0 || undefined, endLimitMs);
  }

  dispose(): void {
    for (const connection of this.connections.splice(0)) connection.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs one command to its end. */
export async function said(connection: HostConnection, command: string, input?: string): Promise<Said> {
  const channel = await connection.exec(command);
  const answer = ended(channel);
  if (input !== undefined) channel.write(input);
  channel.end();
  return answer;
}

export function ended(channel: ExecChannel): Promise<Said> {
  let stdout = '';
  let stderr = '';
  channel.onStdout((text) => (stdout += text));
  channel.onStderr((text) => (stderr += text));
  return new Promise((resolve) => channel.onClose((end) => resolve({ stdout, stderr, end })));
}

/** An account that only a test's sshd knows. */
export const alice: SshdAccount = { name: 'alice', password: 'correct horse battery' };

/** Empty for one that has ended. */
function ofProcess(pid: string, file: 'cmdline' | 'environ'): readonly string[] {
  return contentOf(`/proc/${pid}/${file}`).split('\0');
}

/** Empty where it is gone. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function temporaryFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^libvirt-[A-Za-z0-9]{6}$/.test(name));
}
