import { messageOf } from '../../base/errors.js';
import type { Domain, Hypervisor } from '../../hypervisor/model.js';
import { jobInfo } from '../../virsh/commands.js';
import { sightOf } from '../phase.js';

/** Where a domain is, as two hosts tell it now. */
export type Whereabouts =
  | { readonly kind: 'source' | 'destination'; readonly paused: boolean }
  | { readonly kind: 'migrating' }
  /** Its post-copy broke off: half of it is on each host until its migration is resumed. */
  | { readonly kind: 'interrupted' }
  /** One of them can't be asked. */
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'nowhere' | 'both' | 'half'; readonly reason: string; readonly advice: string };

/** Whether something can be done on it. */
export function isUsable(host: Hypervisor | undefined): host is Hypervisor {
  return host?.status.kind === 'connected' && !host.config.readOnly;
}

/** Asks both hosts anew. One that runs on its source without a job is there, whether its destination can be asked or not. Never rejects. */
export async function whereIs(
  uuid: string,
  source: Hypervisor | undefined,
  destination: Hypervisor | undefined,
): Promise<Whereabouts> {
  if (source?.status.kind !== 'connected') return away(source, 'its source');
  try {
    // The source's job first: one that ends meanwhile is then seen at its destination.
    if (source.domains.has(uuid)) {
      const raw = source.capabilities?.rawStats ?? false;
      const job = await source.run(jobInfo(uuid, { raw })).catch(() => undefined);
      if (job !== undefined && sightOf(job) === 'outgoing') return await onItsWay(uuid, source);
    }
    await source.refresh();
    if (destination?.status.kind !== 'connected') {
      const here = source.domains.get(uuid);
      if (runs(here)) return { kind: 'source', paused: false };
      return isHalf(here) ? { kind: 'interrupted' } : away(destination, 'its destination');
    }
    await destination.refresh();
    return placeOf(uuid, source, destination);
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}

/** The job of an interrupted post-copy stays; only the domain's state tells it. */
async function onItsWay(uuid: string, source: Hypervisor): Promise<Whereabouts> {
  if (!runs(source.domains.get(uuid))) await source.refresh();
  return { kind: isHalf(source.domains.get(uuid)) ? 'interrupted' : 'migrating' };
}

function away(host: Hypervisor | undefined, what: string): Whereabouts {
  return {
    kind: 'unknown',
    reason:
      host === undefined
        ? `Nobody can tell how it stands: ${what} is no longer in the tree.`
        : `Nobody can tell how it stands until ${host.config.name} is connected.`,
  };
}

function placeOf(uuid: string, source: Hypervisor, destination: Hypervisor): Whereabouts {
  const here = source.domains.get(uuid);
  const there = destination.domains.get(uuid);
  const [from, to] = [source.config.name, destination.config.name];
  if (isHalf(here) || isHalf(there)) {
    if (lives(here) && lives(there)) return { kind: 'interrupted' };
    return {
      kind: 'half',
      reason: `its post-copy broke off, and half of it is left on ${lives(here) ? from : to}`,
      advice: 'Its memory is lost: destroy what is left, and start it anew.',
    };
  }
  // In post-copy both have it, and only the destination's runs.
  if (here?.state === 'paused' && here.reason === 'post-copy' && lives(there)) return { kind: 'migrating' };
  if (lives(here) && (!lives(there) || arrives(there))) {
    return { kind: 'source', paused: !runs(here) };
  }
  if (lives(there) && !arrives(there) && !lives(here)) return { kind: 'destination', paused: !runs(there) };
  if (lives(here)) {
    return {
      kind: 'both',
      reason: `it is on ${from} and on ${to}`,
      advice: 'Look at both at once: a disk that two guests write is lost.',
    };
  }
  return {
    kind: 'nowhere',
    reason: `it runs neither on ${from} nor on ${to}`,
    advice: 'Look for it there: it may have been shut off meanwhile.',
  };
}

function runs(domain: Domain | undefined): boolean {
  return domain?.state === 'running' || domain?.state === 'idle';
}

function lives(domain: Domain | undefined): boolean {
  return domain !== undefined && domain.state !== 'shutOff' && domain.state !== 'crashed';
}

function isHalf(domain: Domain | undefined): boolean {
  return lives(domain) && domain?.reason === 'post-copy failed';
}

/** What a destination has of a guest that is still coming: libvirt removes it when that fails. */
function arrives(domain: Domain | undefined): boolean {
  return domain?.state === 'paused' && domain.reason === 'migrating';
}
