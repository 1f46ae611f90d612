import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { bootScript, type HostName } from './layout.js';

/**
 * The process that keeps a host's namespaces and whose death takes the whole host along. Found by the path of the host's
 * start script, so there is no recorded number that may be another process's by now.
 */
export async function hostKeeper(name: HostName): Promise<number | undefined> {
  const script = bootScript(name);
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const words = await commandLine(pid);
    if (words[0] === 'unshare' && words.at(-1) === script) return pid;
  }
  return undefined;
}

/** A keeper's only child: process 1 of its host, as this machine counts. */
export async function hostInit(keeper: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${keeper}/task/${keeper}/children`, 'utf8').catch(() => '');
  const first = children.split(' ')[0];
  return first === undefined || first === '' ? undefined : Number(first);
}

export async function commandLine(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').slice(0, -1);
}

/** What a process has started, and what that has, as `pid words`. */
export function processesBelow(pid: number): string[] {
  return childrenOf(pid).flatMap((child) => [`${child} ${wordsOf(child)}`, ...processesBelow(child)]);
}

/** Processes that `pid` has started itself. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function wordsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
