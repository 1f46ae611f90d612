import { spawn } from 'node:child_process';

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 when a signal ended it. */
  readonly code: number;
}

/** A program that runs. */
export interface Running {
  readonly pid: number;
  /** Resolves when it has ended, whatever its exit code. */
  readonly done: Promise<RunResult>;
  /** Sends a signal to it and to what it has started. */
  kill(signal?: NodeJS.Signals): void;
}

/** Starts a program, without a shell, as a process group of its own. */
export async function start(argv: readonly string[], input = ''): Promise<Running> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('nothing to run');
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const done = new Promise<RunResult>((resolve) => {
    child.on('close', (code) => resolve({ stdout, stderr, code: code ?? -1 }));
  });
  // A program that does not read its input may be gone before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const pid = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('spawn', () => resolve(child.pid ?? 0));
  });
  return { pid, done, kill: (signal = 'SIGKILL') => signalGroup(pid, signal) };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Runs a program to its end. Resolves whatever its exit code; rejects only when it can't be started. */
export async function run(argv: readonly string[], input?: string): Promise<RunResult> {
  return (await start(argv, input)).done;
}

/** Like `run`, but a failure is an error with the program's own words. */
export async function must(argv: readonly string[], input?: string): Promise<string> {
  const { stdout, stderr, code } = await run(argv, input);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim() || `exit code ${code}`}`);
  return stdout;
}

/** Asks until `check` gives something, for things that tell nobody when they are ready. */
export async function until<T>(
  what: string,
  check: () => T | undefined | Promise<T | undefined>,
  limitMs: number,
  pauseMs = 100,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
