import { connect, isIP, type Socket } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { printable } from '../printable.js';
import { labelOf, type ResolvedHost } from '../resolvedHost.js';
import { SshError } from '../types.js';

/** One address of several gets this long before the next is tried beside it; Node's 250 ms fail on slow links. */
const addressAttemptMs = 3_000;

/** What `os.networkInterfaces` tells. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Begins to connect to a host by TCP. Throws an `SshError` where its configuration asks for an address of this machine that
 * only ssh can find.
 */
export function openSocket(host: ResolvedHost, interfaces: () => NetworkInterfaces): Socket {
  const localAddress = localAddressFor(host, interfaces);
  const family = localAddress === undefined ? familyOf(host) : isIP(localAddress);
  return connect({
    host: host.hostName,
    port: host.port,
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
    autoSelectFamily: family === undefined,
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
    noDelay: true,
  });
}

/** The address of this machine to connect from, by BindAddress or else BindInterface; undefined for whichever fits. */
export function localAddressFor(host: ResolvedHost, interfaces: () => NetworkInterfaces): string | undefined {
  const { bindAddress, bindInterface } = host;
  if (bindAddress !== undefined) {
    if (isIP(bindAddress) !== 0) return bindAddress;
    throw onlyBySsh(host, `BindAddress ${printable(bindAddress)}`, 'is no address');
  }
  if (bindInterface === undefined) return undefined;
  const family = familyOf(host);
  const [address, ...others] = (interfaces()[bindInterface] ?? []).filter(
    (info) => (family === undefined || info.family === `IPv${family}`) && !info.address.startsWith('fe80:'),
  );
  if (address !== undefined && others.length === 0) return address.address;
  throw onlyBySsh(
    host,
    `BindInterface ${printable(bindInterface)}`,
    address === undefined ? 'has no address to connect from' : 'has several addresses to connect from',
  );
}

function familyOf({ addressFamily }: ResolvedHost): 4 | 6 | undefined {
  if (addressFamily === 'any') return undefined;
  return addressFamily === 'inet' ? 4 : 6;
}

function onlyBySsh(host: ResolvedHost, keyword: string, why: string): SshError {
  return new SshError(
    'unreachable',
    `${labelOf(host)} can't be reached as your ssh configuration says: ${keyword} ${why}.`,
    'Set BindAddress to an address of this machine, or have the transport chosen automatically.',
    { opensshMay: `${keyword} of ${host.destination} ${why}, which ssh may still make sense of.` },
  );
}
