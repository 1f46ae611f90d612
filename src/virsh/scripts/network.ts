import { UserError } from '../../base/errors.js';
import type { ScriptResult, ShellScript } from '../script.js';
import { limited, slackMs } from './common.js';

const portLimitSeconds = 3;

/** To which addresses this host resolves a name; none where it can't. */
export function resolve(name: string): ShellScript<readonly string[]> {
  return {
    label: `resolve ${name}`,
    script: `command -v getent >/dev/null 2>&1 || exit 3
${limited}
limited 5 getent ahosts "$1" 2>/dev/null || limited 5 getent hosts "$1" 2>/dev/null
exit 0`,
    args: [name],
    timeoutMs: slackMs + 10_000,
    parse: ({ stdout, exitCode }) => {
      if (exitCode === 3) throw new UserError('It has no getent, which would resolve a name there.');
      const addresses = stdout.split('\n').map((line) => line.trim().split(/\s+/)[0] ?? '');
      return [...new Set(addresses.filter((address) => address !== ''))];
    },
  };
}

/** `refused`: nothing listens, and nothing stands between. `filtered`: no answer. `blocked`: something on the way said no. */
export type PortState = 'open' | 'refused' | 'filtered' | 'blocked' | 'untold';

export interface PortAnswer {
  readonly port: number;
  readonly state: PortState;
  /** What the host's own tool said. */
  readonly words: string;
}

/** What comes of a TCP connection from this host to each of the ports, all at once. Sends nothing. */
export function tryPorts(address: string, ports: readonly number[]): ShellScript<readonly PortAnswer[]> {
  return {
    label: `try ${address}, ports ${ports.join(', ')}`,
    script: `address=$1
shift
try() {
  if command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
    timeout ${portLimitSeconds} bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$address" "$1" 2>&1
  elif command -v python3 >/dev/null 2>&1; then
    python3 -c 'import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), ${portLimitSeconds}).close()
except socket.timeout:
    sys.exit(124)
except OSError as error:
    sys.exit(str(error))' "$address" "$1" 2>&1
  elif command -v nc >/dev/null 2>&1; then
    nc -v -z -w ${portLimitSeconds} "$address" "$1" 2>&1
  else
    echo 'it has neither bash with timeout, python3 nor nc'
    return 3
  fi
}
for port in "$@"; do
  {
    out=$(try "$port")
    code=$?
    printf '%s %s %s\\n' "$port" "$code" "$(printf '%s' "$out" | tr '\\n' ' ')"
  } &
done
wait`,
    args: [address, ...ports.map(String)],
    timeoutMs: portLimitSeconds * 1000 + slackMs,
    parse: ({ stdout }) => {
      const answers = new Map(
        [...stdout.matchAll(/^(\d+) (\d+) (.*)$/gm)].map(([, port, code, words = '']) => [
          Number(port),
          { state: portState(Number(code), words), words: words.trim() },
        ]),
      );
      return ports.map((port) => ({ port, ...(answers.get(port) ?? { state: 'untold', words: 'it was not tried' }) }));
    },
  };
}

function portState(code: number, words: string): PortState {
  if (code === 0) return 'open';
  if (/refused/i.test(words)) return 'refused';
  if (code === 124 || /timed out/i.test(words)) return 'filtered';
  if (/no route|unreachable|prohibited|not permitted/i.test(words)) return 'blocked';
  return 'untold';
}

/** Which of these network interfaces the host has. */
export function existingInterfaces(names: readonly string[]): ShellScript<ReadonlySet<string>> {
  return {
    label: `look for the interfaces ${names.join(', ')}`,
    script: `[ -d /sys/class/net ] || exit 3
n=0
for name in "$@"; do
  [ -e "/sys/class/net/$name" ] && echo "$n"
  n=$((n+1))
done
exit 0`,
    args: names,
    timeoutMs: slackMs,
    parse: ({ stdout, exitCode }) => {
      if (exitCode === 3) throw new UserError('It has no /sys/class/net.');
      return new Set(numbersOf(stdout).map((n) => names[n] ?? ''));
    },
  };
}

/** By which card this host sends to an address, and how fast that is. */
export interface RouteToAddress {
  readonly interfaceName: string;
  /** Its own address there. */
  readonly sourceAddress: string | undefined;
  /** The hardware behind it, where the interface itself is a bridge or a VLAN. */
  readonly card: string;
  /** As the kernel tells it; undefined where it knows none. */
  readonly megabitsPerSecond: number | undefined;
}

export function routeTo(address: string): ShellScript<RouteToAddress> {
  return {
    label: `route to ${address}`,
    script: `PATH=$PATH:/usr/sbin:/sbin
command -v ip >/dev/null 2>&1 || exit 3
route=$(ip -o route get "$1" 2>&1) || { echo "$route"; exit 4; }
echo "$route"
card=$(printf '%s' "$route" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
depth=0
while [ "$depth" -lt 4 ]; do
  speed=$(cat "/sys/class/net/$card/speed" 2>/dev/null)
  case $speed in ''|-*|0) ;; *) break ;; esac
  next=
  for lower in "/sys/class/net/$card"/lower_*; do
    name=\${lower##*/lower_}
    [ -e "/sys/class/net/$name" ] || continue
    [ -e "/sys/class/net/$name/tun_flags" ] || { next=$name; break; }
  done
  [ -n "$next" ] || break
  card=$next
  depth=$((depth+1))
done
printf 'card %s\\nspeed %s\\n' "$card" "$speed"`,
    args: [address],
    timeoutMs: slackMs,
    parse: routeOf,
  };
}

function routeOf({ stdout, exitCode }: ScriptResult): RouteToAddress {
  if (exitCode === 3) throw new UserError('It has no ip, which would tell the route.');
  const interfaceName = / dev (\S+)/.exec(stdout)?.[1];
  if (exitCode === 4 || interfaceName === undefined) {
    throw new UserError(`It has no route: ${stdout.trim().split('\n')[0] ?? ''}`);
  }
  const speed = /^speed (\d+)$/m.exec(stdout)?.[1];
  return {
    interfaceName,
    sourceAddress: / src (\S+)/.exec(stdout)?.[1],
    card: /^card (\S+)$/m.exec(stdout)?.[1] ?? interfaceName,
    megabitsPerSecond: speed === undefined || speed === '0' ? undefined : Number(speed),
  };
}

/** By which of its addresses a host is reached by us. */
export function addressOfLogin(): ShellScript<string> {
  return {
    label: 'by which address it is reached',
    script: 'printf "%s\\n" "$SSH_CONNECTION"',
    args: [],
    timeoutMs: slackMs,
    parse: ({ stdout }) => {
      const address = stdout.trim().split(/\s+/)[2];
      if (address === undefined) throw new UserError('It does not tell by which address it is reached.');
      return address;
    },
  };
}

function numbersOf(stdout: string): readonly number[] {
  return (stdout.match(/^\d+$/gm) ?? []).map(Number);
}
