import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { LeaseSurroundings } from '../migration/evacuation/lease.js';

/** This window's extension host, as other windows that share its storage tell it from others. */
export function thisWindow(): LeaseSurroundings {
  return { self: { window: randomUUID(), pid: process.pid, machine: hostname() }, now: Date.now, isAlive };
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
