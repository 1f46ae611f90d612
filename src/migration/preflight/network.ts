import { isIPv4, isIPv6 } from 'node:net';

/** libvirt's own range for incoming migrations, unless qemu.conf sets another. */
export const firstMigrationPort = 49_152;
export const lastMigrationPort = 49_215;

/** Whether an address leads back to the host that uses it. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return isIPv4(plain) ? plain.startsWith('127.') || plain === '0.0.0.0' : plain === '::1' || plain === '::';
}

export function isAddress(text: string): boolean {
  return isIPv4(text) || isIPv6(text);
}

/** Where a URI leads, without its brackets: `hv2` of `tcp://hv2:49152`. Undefined for one that names no host. */
export function endOf(uri: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  if (authority === undefined) return undefined;
  const parts = /^(?:.*@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(authority);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined) return undefined;
  return { host, port: parts?.[3] === undefined ? undefined : Number(parts[3]) };
}

/** As it stands in a URI. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
