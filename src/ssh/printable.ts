/** Longer texts from a server say nothing more to a person. */
const maxPrintedChars = 200;

/** Text from outside (a server, a file, a paste) made fit for one line of a message: no control or direction characters. */
export function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return clean.length > maxPrintedChars ? `${clean.slice(0, maxPrintedChars)}…` : clean;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** `root@192.0.2.7:22`, an IPv6 address in brackets. */
export function addressOf(user: string, host: string, port: number): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
