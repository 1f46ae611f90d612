import { UserError } from '../../base/errors.js';
import { virshErrorOf } from '../errors.js';
import { lineBesideVirsh, type VirshStart, virshStartLine } from '../quote.js';
import type { ShellScript } from '../script.js';
import { limited, slackMs } from './common.js';

/** libvirt's own remote driver may take longer; who starts a migration does not want to wait for it. */
const connectLimitSeconds = 6;

/** Not what whoever logged in brought along: libvirtd has none of it. */
const withoutLogin = 'unset SSH_AUTH_SOCK SSH_ASKPASS KRB5CCNAME DISPLAY';

/** How a connection to another libvirtd went, in virsh's words where it failed. */
export type ConnectAttempt =
  { readonly reached: true; readonly hostname: string } | { readonly reached: false; readonly words: string };

/**
 * Whether virsh on this host reaches the libvirtds of `uris`, each asked for its hostname, all at once. Answers stand in the
 * order of `uris`.
 */
export function connectTo(start: VirshStart, uris: readonly string[]): ShellScript<readonly ConnectAttempt[]> {
  const lines = uris.map((uri) => `${virshStartLine({ ...start, uri: withoutQuestions(uri) })} hostname`);
  return {
    label: `connect to ${uris.join(', ')}`,
    script: `${withoutLogin}
${limited}
n=0
for line in "$@"; do
  {
    out=$(limited ${connectLimitSeconds} sh -c "$line" 2>&1)
    code=$?
    printf '%s %s %s\\n' "$n" "$code" "$(printf '%s' "$out" | tr '\\n' '\\t')"
  } &
  n=$((n+1))
done
wait`,
    args: lines,
    timeoutMs: connectLimitSeconds * 1000 + slackMs,
    parse: (result) => {
      const answers = new Map(
        [...result.stdout.matchAll(/^(\d+) (\d+) (.*)$/gm)].map(([, n, code, out = '']) => [
          Number(n),
          attemptOf(Number(code), out.replaceAll('\t', '\n')),
        ]),
      );
      return uris.map((_uri, n) => answers.get(n) ?? { reached: false, words: 'it was not tried' });
    },
  };
}

function attemptOf(code: number, out: string): ConnectAttempt {
  const last = out.trim().split('\n').at(-1) ?? '';
  if (code === 0 && last !== '') return { reached: true, hostname: last };
  if (code === 124 || code === 143) return { reached: false, words: `no answer within ${connectLimitSeconds} s` };
  // ssh speaks of the host's key, or of what it was refused, before libvirt says that it ended.
  return { reached: false, words: virshErrorOf(out) ?? `virsh ended with code ${code}` };
}

/** libvirt's ssh asks nobody: there is nobody to ask. */
export function withoutQuestions(uri: string): string {
  if (!/^[a-z]+\+ssh:/i.test(uri) || /[?&]no_tty=/.test(uri)) return uri;
  return `${uri}${uri.includes('?') ? '&' : '?'}no_tty=1`;
}

/** As whom virsh runs on this host. */
export interface Identity {
  readonly isRoot: boolean;
  /** Who it is, for a sentence: `root`, `uid 1000 (ops)`. */
  readonly who: string;
}

/** Through the host's own sudo or container, where there is one: there it is virsh's user that counts. */
export function identity(start: VirshStart): ShellScript<Identity> {
  return {
    label: 'as whom virsh runs',
    script: `${limited}
printf 'login %s\\n' "$(id -un 2>/dev/null)"
printf 'uid %s\\n' "$(limited 5 sh -c "$1" 2>/dev/null)"`,
    args: [lineBesideVirsh(start, 'id -u')],
    timeoutMs: slackMs,
    parse: ({ stdout }) => {
      const login = /^login (\S+)/m.exec(stdout)?.[1];
      const uid = /^uid (\d+)$/m.exec(stdout)?.[1];
      if (uid !== undefined) return { isRoot: uid === '0', who: uid === '0' ? 'root' : nameOf(uid, login) };
      // A sudo that allows virsh and nothing else: it is root's, unless it names another.
      const bySudo = /(^|\s)(sudo|doas)\s/.test(start.virsh) && !/\s(-u|--user)\b/.test(start.virsh);
      if (!bySudo) throw new UserError('It could not be told as whom virsh runs there.');
      return { isRoot: true, who: 'root' };
    },
  };
}

function nameOf(uid: string, login: string | undefined): string {
  return login === undefined ? `uid ${uid}` : `uid ${uid} (${login})`;
}
