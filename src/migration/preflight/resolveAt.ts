import { type Fact, known } from './fact.js';
import type { HostAsker } from './hostAsker.js';
import { isAddress } from './network.js';
import { resolve } from '../../virsh/scripts/network.js';

/** To which addresses a host resolves a name; an address is its own. Never rejects. */
export function resolveAt(host: HostAsker, name: string): Promise<Fact<readonly string[]>> {
  return isAddress(name) ? Promise.resolve(known([name])) : host.sh(() => resolve(name));
}
