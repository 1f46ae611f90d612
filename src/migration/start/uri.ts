import { cleanLabel } from '../../base/cleanText.js';

/** A shell would read most of what a URI of libvirt's has no use for. */
const strangeCharacter = /[^A-Za-z0-9._~:/?#[\]@%&=+,-]/u;
const scheme = /^[a-z][a-z0-9+.-]*:/i;

/** How libvirt may reach another one. Not `ext`, by which it runs a command of the URI's. */
const transports: readonly string[] = ['tls', 'tcp', 'ssh', 'libssh', 'libssh2', 'unix'];
/** By which QEMU may send memory, in libvirt's words. */
const migrationSchemes: readonly string[] = ['tcp', 'rdma', 'unix'];
/** What libvirt's remote driver may be told beside the place: none of these runs a program or trusts a stranger. */
const harmlessParameters: readonly string[] = [
  'authfile',
  'keyfile',
  'known_hosts',
  'mode',
  'name',
  'no_tty',
  'pkipath',
  'socket',
  'sshauth',
];
/** Why others are refused, where that is more than that nobody here knows them. */
const refusedParameters: ReadonlyMap<string, string> = new Map([
  ['command', 'has libvirt run a program'],
  ['netcat', 'has libvirt run a program on the destination'],
  ['proxy', 'decides what libvirt runs on the destination'],
  ['no_verify', 'has libvirt trust whoever answers'],
  ['no_sanity', 'has libvirt take any certificate'],
  ['known_hosts_verify', 'may have libvirt trust whoever answers'],
  ['tls_priority', 'may weaken the encryption'],
]);

/** Where a URI leads: a host (empty for this one), its port, and whether it is a socket that somebody has put there. */
export interface Place {
  readonly host: string;
  readonly port: number | undefined;
  readonly socket: boolean;
}

/**
 * Why a URI can't be given to virsh; undefined when it can. It stands in quotes wherever a shell reads it; but libvirt passes
 * parts of it on to programs of its own, as `ssh`.
 */
export function uriProblem(uri: string, which: 'destination' | 'migration'): string | undefined {
  const what = `The ${which} URI`;
  if (uri === '') return `${what} is empty.`;
  const named = `${what} "${cleanLabel(uri, 80)}"`;
  if (uri.startsWith('-')) return `${named} begins with a dash.`;
  if (/[\s\p{Cc}\p{Cf}]/u.test(uri)) return `${named} holds spaces or control characters.`;
  const strange = strangeCharacter.exec(uri);
  if (strange !== null) return `${named} holds ${strange[0]}, which no URI of libvirt needs.`;
  // libvirt decodes it before it hands parts of it on.
  const plain = decoded(uri);
  if (/\p{Cc}/u.test(plain)) return `${named} hides control characters.`;
  const hidden = strangeCharacter.exec(plain);
  if (hidden !== null) {
    return `${named} hides ${hidden[0] === ' ' ? 'a space' : cleanLabel(hidden[0])}, which no URI of libvirt needs.`;
  }
  const query = uri.indexOf('?');
  if (uri.slice(0, query < 0 ? undefined : query).includes('&')) {
    return `${named} holds & before its ?, where no URI of libvirt needs it.`;
  }
  if (!scheme.test(uri)) {
    const example = which === 'destination' ? 'qemu+ssh://hv2/system' : 'tcp://192.0.2.7';
    return `${named} has no scheme: it is written as in ${example}.`;
  }
  const [, user = '', host = ''] = /^[^:]*:(?:\/\/)?(?:([^@/?#]*)@)?([^/?#]*)/.exec(uri) ?? [];
  // libvirt gives both to ssh, which would take them as options.
  if (decoded(user).startsWith('-') || decoded(host).startsWith('-')) {
    return `${named} has a host or user that begins with a dash.`;
  }
  const problem = schemeProblem(uri, which) ?? parameterProblem(uri);
  return problem === undefined ? undefined : `${named} ${problem}`;
}

/** Whether it is no more than a name, as a host calls itself: what a host answers is put into URIs only then. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(text);
}

function schemeProblem(uri: string, which: 'destination' | 'migration'): string | undefined {
  const [first = ''] = uri.toLowerCase().split(':');
  if (which === 'migration') {
    return migrationSchemes.includes(first)
      ? undefined
      : `begins with ${first}: memory is sent by ${migrationSchemes.join(', ')}.`;
  }
  const plus = first.indexOf('+');
  const transport = plus < 0 ? undefined : first.slice(plus + 1);
  if (transport === undefined || transports.includes(transport)) return undefined;
  return transport === 'ext'
    ? 'goes by +ext, which has libvirt run a program.'
    : `goes by +${transport}, which is none of ${transports.join(', ')}.`;
}

/** libvirt reads their names in any case, and decodes them. */
function parameterProblem(uri: string): string | undefined {
  const [, query = ''] = /^[^?#]*\?([^#]*)/.exec(uri) ?? [];
  for (const part of query.split('&')) {
    const name = decoded(part.split('=')[0] ?? '').toLowerCase();
    if (name === '' || harmlessParameters.includes(name)) continue;
    const why = refusedParameters.get(name) ?? 'is no parameter that is known to be harmless';
    return `has the parameter ${cleanLabel(name, 40)}, which ${why}.`;
  }
  return undefined;
}

export function whereIs(uri: string): Place {
  const [, authority = '', query = ''] = /^[^:]*:(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?/.exec(uri) ?? [];
  const [, bracketed, plain = '', port] = /^(?:[^@]*@)?(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority) ?? [];
  return {
    host: decoded(bracketed ?? plain),
    port: port === undefined ? undefined : Number(port),
    socket: new URLSearchParams(query).has('socket'),
  };
}

function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
