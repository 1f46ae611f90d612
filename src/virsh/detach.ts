import { UserError } from '../base/errors.js';
import { posixQuote } from './quote.js';
import type { ScriptResult, ShellScript } from './script.js';

/**
 * How a virsh runs on a host so that it outlives whoever started it. Each start has a private folder there, named by its id:
 *
 *     /var/tmp/libvirt-live-migration.ID/    (or /tmp; not XDG_RUNTIME_DIR, which is emptied when its user has logged out)
 *       keeper   the script that runs virsh and waits for it
 *       go       made by whoever comes first: the keeper that may run virsh, or one who forbids it for good
 *       never    it was forbidden
 *       pid      the keeper: its number, its start and the host's, since a number is given again
 *       out      all that virsh printed
 *       code     virsh's exit code and the host's time, once it has ended
 *
 * A start is two scripts: the first makes the folder, the second runs virsh only in a folder that is there and whose `go` is
 * not. So one that is sent twice, or arrives when its folder has been cleared, starts nothing.
 */

/** What became of one start, as its host tells. */
export type Told =
  /** It has no folder there. */
  | { readonly kind: 'none' }
  /** It was prepared, and may still be started. */
  | { readonly kind: 'waiting' }
  /** It was forbidden before it was started. */
  | { readonly kind: 'never' }
  /** Its keeper is about to run virsh. */
  | { readonly kind: 'launching' }
  | { readonly kind: 'running' }
  /** `text`: all that virsh printed. */
  | { readonly kind: 'ended'; readonly exitCode: number; readonly agoMs: number; readonly text: string }
  /** It is over, and nobody wrote down how: it was killed, or the host was started anew. */
  | { readonly kind: 'died'; readonly text: string };

export interface Asked {
  readonly id: string;
  /** Where it has not been started yet it never will be. */
  readonly forbid: boolean;
}

/** Outcomes that nobody came for are kept this long. */
const keptDays = 7;
/** More than virsh has to say without --verbose. */
const maxTextBytes = 65_536;
const prefix = 'libvirt-live-migration.';
const answerMs = 15_000;
/** How long virsh is watched for a refusal, in tenths of a second. */
const refusalTenths = 15;

/** The number of a process, when it began, and the boot it belongs to: `ps` where there is no /proc. Fails where there is no such process. */
const identity = `identity() {
  if [ -r /proc/self/stat ]; then
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    set -- "$1" \${stat##*) }
    case $2 in Z | X) return 1 ;; esac
    began=\${21}
  else
    began=$(ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' _)
    [ -n "$began" ] || return 1
  fi
  echo "$1 $began $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
}`;

const shared = `${identity}
bases='/var/tmp /tmp'
own() { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]; }
find_folder() {
  for base in $bases; do
    dir=$base/${prefix}$1
    own "$dir" && return 0
  done
  return 1
}
alive() {
  was=$(cat "$dir/pid" 2>/dev/null) && [ -n "$was" ] && [ "$(identity "\${was%% *}")" = "$was" ]
}
text() { dd if="$dir/out" bs=${maxTextBytes} count=1 2>/dev/null | sed 's/^/> /'; echo; }
tell() {
  find_folder "$1" || { echo "@ $1 none"; return; }
  if [ ! -e "$dir/code" ]; then
    if [ "$2" = forbid ] && mkdir "$dir/go" 2>/dev/null; then : >"$dir/never"; fi
    if [ -e "$dir/never" ]; then echo "@ $1 never"; return; fi
    if [ ! -e "$dir/go" ]; then echo "@ $1 waiting"; return; fi
    if [ ! -e "$dir/pid" ]; then echo "@ $1 launching"; return; fi
    if alive; then echo "@ $1 running"; return; fi
    # It may have ended between the two looks.
    if [ ! -e "$dir/code" ]; then echo "@ $1 died"; text; return; fi
  fi
  read -r code at <"$dir/code"
  echo "@ $1 ended $code $(($(date +%s) - at))"
  text
}`;

/**
 * Runs in the background, in a session of its own: words are the umask of the login, the shell line that is virsh, and
 * virsh's own words. What is unusual in that line ends a subshell, not the keeper.
 */
const keeper = `{
${identity}
dir=\${0%/*}
mask=$1
line=$2
shift 2
trap '' HUP
umask 077
mkdir "$dir/go" 2>/dev/null || exit 0
if ! { identity $$ >"$dir/pid.new" && mv -f "$dir/pid.new" "$dir/pid"; }; then
  rmdir "$dir/go"
  exit 1
fi
(umask "$mask"; eval "$line \\"\\$@\\"") >"$dir/out" 2>&1
code=$?
echo "$code $(date +%s)" >"$dir/code.new" && mv -f "$dir/code.new" "$dir/code"
exit
}
`;

/** Makes the folder of a start, after clearing away what nobody came for. Nothing is started by it. */
export function prepareStart(id: string): ShellScript<void> {
  return {
    label: 'prepare a start',
    script: `${shared}
umask 077
for base in $bases; do
  find "$base"/${prefix}* -prune -type d -user "$(id -u)" -mtime +${keptDays} 2>/dev/null
done | while IFS= read -r dir; do
  own "$dir" && { [ -e "$dir/code" ] || ! alive; } && rm -rf "$dir"
done
find_folder "$1" && { echo ready; exit 0; }
for base in $bases; do
  dir=$base/${prefix}$1
  mkdir "$dir" || continue
  # A full disk takes a folder, but nothing in it.
  if echo room >"$dir/out" && : >"$dir/out"; then echo ready; exit 0; fi
  rm -rf "$dir"
done`,
    args: [id],
    timeoutMs: answerMs,
    parse: ({ stdout, stderr }) => {
      if (stdout.trim() === 'ready') return;
      throw new UserError(
        `virsh's answer could be kept neither in /var/tmp nor in /tmp: ${lastLine(stderr)}.`,
        'Make room in /var/tmp, or let this user write there.',
      );
    },
  };
}

/**
 * Starts virsh in the folder of `id`, and sees for a moment whether it is refused. `line` is the shell line that is virsh,
 * of the user's own setting; `words` are virsh's.
 */
export function sendStart(id: string, line: string, words: readonly string[], label: string): ShellScript<Told> {
  return {
    label,
    script: `${shared}
mask=$(umask)
umask 077
id=$1
shift
if find_folder "$id" && [ ! -e "$dir/go" ] && printf '%s' ${posixQuote(keeper)} >"$dir/keeper"; then
  detach=
  command -v setsid >/dev/null 2>&1 && detach=setsid
  $detach sh "$dir/keeper" "$mask" "$@" </dev/null >/dev/null 2>&1 &
  tenths=0
  while [ $tenths -lt ${refusalTenths} ] && [ ! -e "$dir/code" ]; do
    sleep 0.1 2>/dev/null || { sleep 1; tenths=$((tenths + 9)); }
    tenths=$((tenths + 1))
  done
fi
tell "$id"`,
    args: [id, line, ...words],
    timeoutMs: answerMs,
    parse: (result) => toldOf(result, id),
  };
}

/** What became of several starts, in the order they were asked for. */
export function lookAfter(asked: readonly Asked[]): ShellScript<readonly Told[]> {
  return {
    label: `look after ${asked.length === 1 ? 'a start' : `${asked.length} starts`}`,
    script: `${shared}
while [ $# -gt 0 ]; do
  tell "$1" "$2"
  shift 2
done`,
    args: asked.flatMap(({ id, forbid }) => [id, forbid ? 'forbid' : 'look']),
    timeoutMs: answerMs,
    parse: (result) => asked.map(({ id }) => toldOf(result, id)),
  };
}

/** Removes what starts have left, once that is known and kept elsewhere. */
export function clearStarts(ids: readonly string[]): ShellScript<void> {
  return {
    label: `clear ${ids.length === 1 ? 'a start' : `${ids.length} starts`}`,
    script: `${shared}
for id; do
  while find_folder "$id"; do rm -rf "$dir" || exit 1; done
done`,
    args: ids,
    timeoutMs: answerMs,
    parse: ({ exitCode, stderr }) => {
      if (exitCode !== 0) throw new UserError(`What a start has left could not be removed: ${lastLine(stderr)}.`);
    },
  };
}

const plainKinds = ['none', 'waiting', 'never', 'launching', 'running'] as const;

function toldOf({ stdout }: ScriptResult, id: string): Told {
  const lines = stdout.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`@ ${id} `));
  const [, kind, code = '', ago = ''] = / (\w+)(?: (\d+) (-?\d+))?$/.exec(lines[at] ?? '') ?? [];
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.startsWith('@ '));
  const text = rest
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => line.startsWith('> '))
    .map((line) => line.slice(2))
    .join('\n');
  if (kind === 'ended' && code !== '') {
    return { kind, exitCode: Number(code), agoMs: Math.max(0, Number(ago)) * 1000, text };
  }
  if (kind === 'died') return { kind, text };
  const plain = plainKinds.find((known) => known === kind);
  if (plain !== undefined) return { kind: plain };
  throw new UserError('What became of a start could not be read from its host.');
}

function lastLine(stderr: string): string {
  return stderr.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? '';
}
