/** What these scripts, which look at hosts before a migration, share. None of them writes anything on a host; docs/virsh.md lists each. */

/** Beyond the limits of what a script runs: the round trips, and a host that is busy. */
export const slackMs = 10_000;

/** Runs its words for so many seconds at most, where the host can. */
export const limited = 'limited() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }';
