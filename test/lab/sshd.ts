import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from './processes.js';
import { must } from './run.js';
import { makeKey } from './sshFiles.js';

/** sshd insists on it, and on its absolute path. */
const sshd = '/usr/sbin/sshd';
/** Where sshd locks its unprivileged half up; the system makes it only when its own sshd starts. */
const privilegeFolder = '/run/sshd';

export interface SshdOptions {
  /** Lines of sshd_config. They win over those written here. */
  readonly lines?: readonly string[];
  /** Public keys that may log in, as lines of authorized_keys. */
  readonly authorizedKeys?: readonly string[];
  /** Paths of private host keys; an ed25519 one is made where none is given. */
  readonly hostKeys?: readonly string[];
  /** A free one where none is given. */
  readonly port?: number;
  /** Accounts that only this sshd knows, beside those of the machine. */
  readonly accounts?: readonly SshdAccount[];
  /** How PAM asks for who they are, line by line, where sshd is to ask it (UsePAM). */
  readonly pam?: readonly string[];
}

export interface SshdAccount {
  readonly name: string;
  readonly password: string;
}

/** A real sshd on 127.0.0.1 with a configuration, host keys and authorized keys of its own. Run as root it lets root in. */
export class Sshd {
  private text = '';
  private child: ChildProcess | undefined;

  private constructor(
    /** What it owns; gone after `dispose`. */
    readonly folder: string,
    readonly port: number,
    private readonly hostKeys: readonly string[],
    /** What sshd sees instead of the machine's own: by path. */
    private readonly ownFiles: ReadonlyMap<string, string>,
  ) {}

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const folder = mkdtempSync(join(tmpdir(), 'sshd-'));
    // An account of a test's own reads its keys itself.
    if (options.accounts !== undefined) chmodSync(folder, 0o755);
    const made = join(folder, 'host_key');
    if (options.hostKeys === undefined) await makeKey(made, 'host');
    const server = new Sshd(
      folder,
      options.port ?? (await freePort()),
      options.hostKeys ?? [made],
      await ownFiles(folder, options),
    );
    writeFileSync(join(folder, 'authorized_keys'), (options.authorizedKeys ?? []).map((key) => `${key}\n`).join(''));
    writeFileSync(
      server.configFile,
      [
        // The first value of a keyword wins.
        ...(options.lines ?? []),
        'ListenAddress 127.0.0.1',
        `Port ${server.port}`,
        ...server.hostKeys.map((key) => `HostKey ${key}`),
        `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
        // The folder lies below one that anybody may write to.
        'StrictModes no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        `UsePAM ${options.pam === undefined ? 'no' : 'yes'}`,
        'PidFile none',
        'LogLevel VERBOSE',
        'MaxStartups 100',
        'Subsystem sftp internal-sftp',
        '',
      ].join('\n'),
    );
    await server.listen();
    return server;
  }

  /** A line of known_hosts for each of its keys; by `name` where it is not known by its address. */
  hostKeyLine(name = `[127.0.0.1]:${this.port}`): string {
    return this.hostKeys
      .map((key) => `${name} ${readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim()}\n`)
      .join('');
  }

  /** All it has logged, over restarts too. */
  log(): string {
    return this.text;
  }

  /** How many connections it has ever been asked for. */
  connections(): number {
    return this.text.match(/^Connection from /gm)?.length ?? 0;
  }

  /** The processes of the connections that it has now, and all that these have started. */
  processes(): number[] {
    const pid = this.child?.pid;
    return pid === undefined ? [] : descendants(pid);
  }

  /** Ends it and all its connections at once, as a crash would. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined) return;
    this.child = undefined;
    const ended = once(child, 'exit');
    // Stopped first, so that it starts nothing while its processes are counted.
    child.kill('SIGSTOP');
    for (const pid of descendants(child.pid)) signal(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
  }

  /** Takes no new connection, and answers none that waits. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  /** Begins to listen again, on the same port with the same keys. */
  async restart(): Promise<void> {
    await this.kill();
    await this.listen();
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get configFile(): string {
    return join(this.folder, 'sshd_config');
  }

  private async listen(): Promise<void> {
    if (!existsSync(privilegeFolder)) mkdirSync(privilegeFolder, { mode: 0o755 });
    const before = this.text.length;
    // In a mount namespace of its own: nothing of the machine is changed.
    const mounts = [...this.ownFiles].map(([path, own]) => `mount --bind ${own} ${path}`);
    const script = [...mounts, `exec ${sshd} -D -e -f ${this.configFile}`].join(' && ');
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        // sshd ends its lines as a terminal would want them.
        this.text += text.replaceAll('\r', '');
        if (this.text.includes('Server listening on', before)) resolve();
      });
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`sshd ended with ${code}: ${this.text.slice(before)}`)));
    });
  }
}

async function ownFiles(folder: string, { accounts, pam }: SshdOptions): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const add = (path: string, text: string, mode: number): void => {
    const own = join(folder, path.replaceAll('/', '_'));
    writeFileSync(own, text, { mode });
    files.set(path, own);
  };
  if (accounts !== undefined) {
    const hashes = await Promise.all(accounts.map(({ password }) => must(['openssl', 'passwd', '-6', password])));
    const users = accounts.map(({ name }, index) => `${name}:x:${60_000 + index}:65534::/tmp:/bin/sh\n`);
    const shadows = accounts.map(({ name }, index) => `${name}:${hashes[index]?.trim() ?? ''}:19000:0:99999:7:::\n`);
    add('/etc/passwd', readFileSync('/etc/passwd', 'utf8') + users.join(''), 0o644);
    add('/etc/shadow', readFileSync('/etc/shadow', 'utf8') + shadows.join(''), 0o640);
  }
  if (pam !== undefined) add('/etc/pam.d/sshd', pam.map((line) => `${line}\n`).join(''), 0o644);
  return files;
}

/** One that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
