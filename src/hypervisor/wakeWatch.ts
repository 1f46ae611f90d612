import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { Disposable } from '../base/disposable.js';

/** Why connections may be dead, or hosts within reach again, without anybody having said so. */
export type WakeSign =
  /** This machine slept. */
  | 'slept'
  /** Its addresses changed: another network, a VPN. */
  | 'network'
  /** Somebody came back to the window. */
  | 'focus';

export interface WakeWatchOptions {
  readonly onWake: (sign: WakeSign) => void;
  /** The wall clock, which goes on during sleep. */
  readonly nowMs?: () => number;
  /** What changes when this machine is on another network. */
  readonly addresses?: () => string;
}

const tickMs = 2_000;
/** A busy machine is late by less. */
const sleptMs = 8_000;
/** Going back and forth between windows tells nothing new. */
const focusMs = 10_000;

/** Notices what a laptop does to connections: its timers jump, its addresses change, its user comes back. */
export class WakeWatch implements Disposable {
  private readonly nowMs: () => number;
  private readonly addresses: () => string;
  private readonly timer: NodeJS.Timeout;
  private tickedAtMs: number;
  private focusedAtMs: number;
  private lastAddresses: string;

  constructor(private readonly options: WakeWatchOptions) {
    this.nowMs = options.nowMs ?? Date.now;
    this.addresses = options.addresses ?? (() => addressesOf(networkInterfaces()));
    this.tickedAtMs = this.focusedAtMs = this.nowMs();
    this.lastAddresses = this.addresses();
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  /** The window has got the focus. */
  focused(): void {
    const nowMs = this.nowMs();
    if (nowMs - this.focusedAtMs < focusMs) return;
    this.focusedAtMs = nowMs;
    this.options.onWake('focus');
  }

  dispose(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const nowMs = this.nowMs();
    const slept = nowMs - this.tickedAtMs > tickMs + sleptMs;
    this.tickedAtMs = nowMs;
    const addresses = this.addresses();
    const moved = addresses !== this.lastAddresses;
    this.lastAddresses = addresses;
    if (slept) this.options.onWake('slept');
    else if (moved) this.options.onWake('network');
  }
}

/**
 * This machine's addresses, but for those that reach nothing beyond it or its cable: containers come and go with link-local
 * ones, and no network changes with them.
 */
export function addressesOf(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  return Object.entries(interfaces)
    .flatMap(([name, addresses = []]) =>
      addresses
        .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
        .map(({ cidr }) => `${name} ${cidr}`),
    )
    .sort()
    .join('\n');
}
