/** How a script ended, and all that it printed. */
export interface ScriptResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when a signal or a lost connection ended it. */
  readonly exitCode: number | undefined;
}

/**
 * What virsh can't do on a host (run detached, read a clock, look at a port), as POSIX sh: docs/virsh.md lists each. Read by
 * `sh` from its standard input, so it passes through any login shell; a command in it that may read gets `</dev/null`.
 */
export interface ShellScript<T> {
  /** What the log calls it: one line, `look for the bridges br0, br1`. */
  readonly label: string;
  /** Words from outside never stand in it: they are `$1`, `$2`, ... */
  readonly script: string;
  readonly args: readonly string[];
  /** Past this its channel is closed and it fails. */
  readonly timeoutMs: number;
  /** Throws a `UserError` for what it can't read; a failed exit code is its to judge. */
  parse(result: ScriptResult): T;
}
