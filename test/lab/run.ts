import { spawn } from 'node:child_process';

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Runs a program to its end, without a shell. Resolves whatever its exit code; rejects only when it can't be started. */
export function run(argv: readonly string[], input?: string): Promise<RunResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('nothing to run');
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ stdout, stderr, code: code ?? -1 }));
    // A program that does not read its input may be gone before it is written.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
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
  check: () => Promise<T | undefined>,
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
