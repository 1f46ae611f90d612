/** One virsh command that was run, as the log shows it. */
export interface VirshLogEntry {
  readonly host: string;
  /** As it could be typed: words quoted where they need it. */
  readonly line: string;
  /** Undefined for one that goes on. */
  readonly durationMs: number | undefined;
  readonly outcome: 'ok' | 'failed';
  /** What virsh printed; only its first line is shown. */
  readonly answer: string;
}

/** Where everything that is done on a host is written down, for the one who operates it. Secrets are never given to it. */
export interface CommandLog {
  virsh(entry: VirshLogEntry): void;
  /** `host` is undefined for what concerns no host. */
  info(host: string | undefined, text: string): void;
  error(host: string | undefined, text: string): void;
}
