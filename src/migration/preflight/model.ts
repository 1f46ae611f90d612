import type { MigrationOptions, MigrationRequest } from '../start/model.js';

/** `unknown`: it could not be told, and the reason says why. */
export type Verdict = 'passed' | 'warned' | 'failed' | 'unknown';

/** What is looked at, in the order in which it is shown. */
export const checkIds = [
  'reachable',
  'hostname',
  'ports',
  'architecture',
  'cpu',
  'memory',
  'networks',
  'storage',
  'devices',
  'clash',
  'versions',
  'clock',
  'link',
] as const;
export type CheckId = (typeof checkIds)[number];

/** One line of the pre-flight. */
export interface CheckResult {
  readonly id: CheckId;
  /** What was looked at: `Free memory on hv2`. */
  readonly title: string;
  readonly verdict: Verdict;
  /** Why: one sentence with the figures, in the host's own words where it has some. */
  readonly reason: string;
  /** What to do about it, one sentence; undefined where there is nothing to do. */
  readonly advice: string | undefined;
}

/** An option that would make the migration converge, or work at all. */
export interface Suggestion {
  readonly label: string;
  readonly change: Partial<MigrationOptions>;
}

/** What to expect of the migration as it would be started. */
export interface Expectation {
  /** Undefined where nothing is known of what the guest writes, or of the link. */
  readonly converges: boolean | undefined;
  /** Undefined where it would not end by itself, or nobody can tell. */
  readonly timeMs: number | undefined;
  /** One sentence that says it, and by which figures. */
  readonly sentence: string;
  readonly suggestions: readonly Suggestion[];
}

export interface PreflightReport {
  readonly checks: readonly CheckResult[];
  readonly expectation: Expectation;
}

/** Looks, before anything moves, at all that would stop a migration. Changes nothing on either host. */
export interface Preflight {
  /**
   * Never rejects: what can't be looked at is a line that says so. `onCheck` hears each line as it is known. Aborting `signal`
   * leaves the rest out.
   */
  run(
    request: MigrationRequest,
    onCheck?: (result: CheckResult) => void,
    signal?: AbortSignal,
  ): Promise<PreflightReport>;

  /**
   * What comes after it, where there is time, which the forecast is the better for: the guest is measured for five seconds and for
   * twenty too, and it is watched when its virtual CPUs are busy, until `signal` aborts. Never rejects. A measurement that has begun
   * goes on.
   */
  watchGuest(request: MigrationRequest, signal: AbortSignal): Promise<void>;
}

/** A way by which the source's libvirtd may reach a destination. */
export interface Route {
  readonly destinationUri: string;
  readonly migrationUri: string | undefined;
  /** Whether it answered when it was tried on the source; undefined where it could not be tried as libvirtd would. */
  readonly reachable: boolean | undefined;
  /** What was seen, one sentence: `hv2 answers hv1 by qemu+tcp.` or libvirt's own words. */
  readonly reason: string;
}

/** Works out by which URI and address one host of the tree migrates to another. */
export interface Routes {
  /** The best first. Never empty, never rejects: one that could not be tried is a guess, and says so. */
  find(source: string, destination: string): Promise<readonly Route[]>;
}
