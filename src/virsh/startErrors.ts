import { cleanForLog, cleanLabel } from '../base/cleanText.js';
import { adviceFor, isEntryAtFault, virshErrorOf } from './errors.js';
import { StartFailed } from './shellErrors.js';

/** What came of a channel on which virsh was to start. */
export interface FailedStart {
  /** The host's name. */
  readonly host: string;
  readonly stdout: string;
  readonly stderr: string;
  /**
   * `ended`: the command did, with this exit code if it had one; `silent`: nothing that looks like virsh came within this many
   * milliseconds; `notVirsh`: something answers, but not virsh's prompt.
   */
  readonly how:
    | { readonly kind: 'ended'; readonly exitCode: number | undefined; readonly signal: string | undefined }
    | { readonly kind: 'silent'; readonly limitMs: number }
    | { readonly kind: 'notVirsh' };
}

const checkEntry =
  'Check "virsh" of this host in libvirt.hosts, its login shell, and that no forced command stands in the way.';

/** Why virsh did not start: a sentence that begins with the host, in the words of whoever refused it. */
export function startError({ host, stdout, stderr, how }: FailedStart): StartFailed {
  const said = tellingLine(stderr);
  if (said !== undefined && (how.kind === 'ended' || adviceFor(said) !== undefined)) {
    const advice = adviceFor(said);
    return new StartFailed(`${host}: ${said}`, advice ?? checkEntry, advice === undefined || isEntryAtFault(said));
  }
  const welcomed = /welcome to virsh|virsh [#>] $/i.test(stdout);
  const printed = welcomed ? undefined : lastLine(stdout);
  switch (how.kind) {
    case 'ended':
      if (welcomed) {
        return new StartFailed(
          `${host}: virsh started there, and ended before it was asked anything.`,
          'It could not read what is sent to it: in "virsh" of this host, a container needs "-i", as in docker exec -i.',
          true,
        );
      }
      if (printed !== undefined) {
        const advice = adviceFor(printed);
        return new StartFailed(
          `${host}: instead of virsh came "${printed}".`,
          advice ?? checkEntry,
          advice === undefined || isEntryAtFault(printed),
        );
      }
      return how.exitCode === undefined && how.signal === undefined
        ? new StartFailed(`${host}: the connection ended while virsh was being started.`, undefined, false)
        : new StartFailed(`${host}: virsh did not start: ${endOf(how)}, without a word.`, checkEntry, true);
    case 'silent': {
      const words = said ?? printed;
      return new StartFailed(
        `${host}: virsh did not start within ${how.limitMs / 1000} s${words === undefined ? '' : `; last came "${words}"`}.`,
        welcomed || words === undefined
          ? 'Either libvirtd hangs (try "virsh list" on the host), or something else than virsh waits there.'
          : checkEntry,
        !welcomed && words !== undefined,
      );
    }
    case 'notVirsh':
      return new StartFailed(`${host}: what answers there is not virsh's prompt.`, checkEntry, true);
  }
}

function endOf({
  exitCode,
  signal,
}: {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}): string {
  return exitCode !== undefined
    ? `its command ended with exit code ${exitCode}`
    : `it was ended by ${signal ?? 'a signal'}`;
}

/**
 * What of an error stream tells the cause: virsh's own lines, else the first line that is known, else the last: banners and
 * sudo's lecture come before it. Shells that draw a picture of the mistake, as fish does, tell it in their first line.
 */
function tellingLine(stderr: string): string | undefined {
  const lines = linesOf(stderr);
  const errors = lines.filter((line) => /^error: ?/.test(line));
  const own = errors.length === 0 ? undefined : virshErrorOf(errors.join('\n'));
  return own ?? lines.find((line) => adviceFor(line) !== undefined) ?? lines.at(-1);
}

function lastLine(text: string): string | undefined {
  const line = linesOf(text).at(-1);
  return line === undefined ? undefined : cleanLabel(line);
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => cleanForLog(line.replace(/\r$/, '')).trim())
    .filter((line) => line !== '');
}
