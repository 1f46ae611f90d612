/**
 * Which of a host's shells runs a command. Samples never queue behind a slow command, an action never behind samples:
 * one virsh runs one command at a time, and some block for 30 s.
 */
export type Lane = 'sample' | 'action' | 'slow';

/** What virsh printed for one command, both streams without the framing. There is no exit code: stderr tells a failure. */
export interface Reply {
  readonly stdout: string;
  readonly stderr: string;
}

/** A virsh command as a value: its words, where and how long it may run, and what its answer means. */
export interface VirshCommand<T> {
  /** Unquoted words, the command's name first: `['domjobinfo', '--rawstats', uuid]`. */
  readonly args: readonly string[];
  readonly lane: Lane;
  /** UUID of the domain it asks about, if one: a domain whose sample hangs gets a shell of its own. */
  readonly domain?: string;
  /** Past this the shell is taken for hung and replaced, and the command fails. */
  readonly timeoutMs: number;
  /** Turns the answer of a command that printed no error into its value. Throws a `UserError` for what it can't read. */
  parse(reply: Reply): T;
}
