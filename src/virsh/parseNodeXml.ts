import { attribute, child, children, countOf, rootOf, textOf } from './xml.js';

/** A network card, by `virsh nodedev-dumpxml`. */
export interface NodeNetDevice {
  readonly interfaceName: string | undefined;
  /** In 10^6 bits a second; undefined for a card without a link, and for what has no speed of its own. */
  readonly megabitsPerSecond: number | undefined;
}

/** Throws a `UserError` for what is no device XML. */
export function parseNodeNetDevice(text: string): NodeNetDevice {
  const device = rootOf(text, 'device', 'nodedev-dumpxml');
  const capability = children(device, 'capability').find((one) => attribute(one, 'type') === 'net');
  const link = child(capability, 'link');
  const speed = countOf(attribute(link, 'speed'));
  return {
    interfaceName: textOf(child(capability, 'interface')),
    megabitsPerSecond: speed === undefined || speed === 0 ? undefined : speed,
  };
}

/** A storage pool, by `virsh pool-dumpxml`: where libvirt would create a disk that is copied. */
export interface StoragePool {
  readonly name: string;
  readonly path: string | undefined;
}

/** Throws a `UserError` for what is no pool XML. */
export function parseStoragePool(text: string): StoragePool {
  const pool = rootOf(text, 'pool', 'pool-dumpxml');
  return { name: textOf(child(pool, 'name')) ?? '?', path: textOf(child(pool, 'target', 'path')) };
}
