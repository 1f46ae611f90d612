import { formatBytes } from '../../../panel/format.js';
import type { DiskNeed, DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import type { StoragePool } from '../../../virsh/parseNodeXml.js';
import type { StorageMode } from '../../start/model.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import type { FileSight } from '../../../virsh/scripts/files.js';
import { cantTell, checkOf, listed, name, type Pair, words } from './result.js';

export interface StorageFacts {
  readonly hosts: Pair;
  readonly mode: StorageMode;
  readonly needs: Fact<DomainNeeds>;
  /** By path. */
  readonly atSource: Fact<ReadonlyMap<string, FileSight>>;
  readonly atDestination: Fact<ReadonlyMap<string, FileSight>>;
  /** The destination's active pools. */
  readonly pools: Fact<readonly StoragePool[]>;
}

/** Every path that has to be looked at on both hosts. */
export function pathsOf(needs: DomainNeeds): readonly string[] {
  const disks = needs.disks.flatMap((disk) => [...(disk.path === undefined ? [] : [disk.path]), ...disk.backing]);
  return [...new Set([...disks, ...needs.files, ...(needs.emulator === undefined ? [] : [needs.emulator])])];
}

/** libvirt's own list of file systems that both hosts may see, as stat names them. */
const sharedFileSystems =
  /^(nfs|gfs|gfs2|gfs\/gfs2|ocfs2|afs|smb|smb2|cifs|ceph|gpfs|acfs|fuse|fuseblk|lustre|quobyte|beegfs)/i;

/** Whether both hosts see the same file there; undefined where that can't be told. */
export function isSame(here: FileSight | undefined, there: FileSight | undefined): boolean | undefined {
  if (here === undefined || there === undefined) return undefined;
  if (here.state === 'denied' || there.state === 'denied') return undefined;
  if (here.state === 'missing' || there.state === 'missing') return false;
  if (here.inode !== there.inode) return false;
  if (isSharedFileSystem(here) && isSharedFileSystem(there)) return true;
  // Two local disks may have files of one number, but hardly one made in the same nanosecond.
  return here.birth !== undefined && here.birth === there.birth;
}

function isSharedFileSystem({ fileSystem }: FileSight): boolean {
  return fileSystem !== undefined && sharedFileSystems.test(fileSystem);
}

/** Whether libvirt copies this disk when it is told to copy storage. */
function isCopied(disk: DiskNeed): boolean {
  return !disk.readOnly && !disk.shareable;
}

interface Finding {
  readonly verdict: 'failed' | 'warned' | 'unknown' | 'passed';
  readonly text: string;
  readonly cure?: string;
}

/** Whether the guest finds its disks at the destination: the same ones, or room for copies of them. */
export function checkStorage(facts: StorageFacts): CheckResult {
  const { hosts, mode, needs, atSource, atDestination } = facts;
  const there = name(hosts.destination);
  const result = checkOf('storage', mode === 'shared' ? `Disks seen from ${there}` : `Disks to copy to ${there}`);
  if (!needs.known) return result('unknown', cantTell(needs.why));
  const { disks, files } = needs.value;
  if (disks.length + files.length === 0) return result('passed', 'The guest has no disks.');
  const onHost = disks.some(({ kind }) => kind !== 'network') || files.length > 0;
  if (onHost && !atSource.known) return result('unknown', cantTell(atSource.why));
  if (onHost && !atDestination.known) return result('unknown', cantTell(atDestination.why));
  const findings = [
    ...disks.map((disk) => findDisk(disk, facts)),
    ...findFiles(files, facts),
    ...findRoom(disks, facts),
  ];
  for (const verdict of ['failed', 'unknown', 'warned', 'passed'] as const) {
    const found = findings.filter((one) => one.verdict === verdict);
    if (found.length === 0) continue;
    const cures = [...new Set(found.map(({ cure }) => cure).filter((cure) => cure !== undefined))];
    const texts = found.map(({ text }) => text);
    return result(verdict, `${words(upper(texts.join('; ')))}.`, cures.length === 0 ? undefined : cures.join(' '));
  }
  return result('passed', 'The guest has no disks of this host.');
}

function sightOf(path: string, fact: StorageFacts['atSource']): FileSight | undefined {
  return fact.known ? fact.value.get(path) : undefined;
}

function findDisk(disk: DiskNeed, facts: StorageFacts): Finding {
  const { hosts, mode } = facts;
  const there = name(hosts.destination);
  const target = name(disk.target);
  if (disk.kind === 'network') return { verdict: 'passed', text: `${target} is reached over the network from both` };
  if (disk.pool !== undefined) return findVolume(disk.pool, target, facts);
  const { path } = disk;
  if (path === undefined) return { verdict: 'unknown', text: `can't tell of ${target}: it has no path` };
  const [here, far] = [sightOf(path, facts.atSource), sightOf(path, facts.atDestination)];
  const shown = `${target} (${name(path)})`;
  if (far === undefined || far.state === 'denied') {
    return { verdict: 'unknown', text: `can't tell of ${shown}: this login may not look there` };
  }
  const same = isSame(here, far);
  const copies = mode !== 'shared' && isCopied(disk);
  if (copies) return findCopy(shown, path, { same, far, facts });
  if (far.state === 'missing') {
    return isCopied(disk)
      ? {
          verdict: 'failed',
          text: `${there} does not have ${shown}: it is not shared, and has to be copied`,
          cure: 'Have its storage copied.',
        }
      : {
          verdict: 'failed',
          text: `${there} does not have ${shown}, which libvirt does not copy`,
          cure: disk.readOnly ? 'Eject it (virsh change-media --eject), or put it there.' : 'Make it seen there.',
        };
  }
  if (!isCopied(disk)) return { verdict: 'passed', text: `${there} has ${shown}` };
  if (disk.kind === 'block') {
    // libvirt doesn't look either; a name of the device's own serial is as good as a proof.
    return /^\/dev\/disk\/by-(id|path)\//.test(path)
      ? { verdict: 'passed', text: `${there} has ${shown}` }
      : {
          verdict: 'warned',
          text: `${there} has a ${shown}, and nobody can tell here that it is the same device`,
          cure: 'Compare their serials (lsblk -o NAME,WWN): if they differ, the guest finds another disk there.',
        };
  }
  if (same === true && here !== undefined && isSharedFileSystem(here)) {
    return { verdict: 'passed', text: `both hosts see the same ${shown}` };
  }
  const system =
    here?.fileSystem === undefined ? 'a local file system' : `a local file system (${words(here.fileSystem)})`;
  if (same === true) {
    return {
      verdict: 'warned',
      text: `both hosts see the same ${shown}, but it is on ${system}, which libvirt takes for not shared: it will call the migration unsafe`,
    };
  }
  if (same === undefined) return untoldSame(shown, hosts);
  return {
    verdict: 'failed',
    text: `${shown} is on ${system}, and ${there} has another file of that name: it is not shared, and has to be copied`,
    cure: 'Have its storage copied.',
  };
}

function untoldSame(shown: string, { source }: Pair): Finding {
  return {
    verdict: 'unknown',
    text: `can't tell whether both hosts see the same ${shown}: this login may not look at it on ${name(source)}`,
  };
}

function findVolume(pool: string, target: string, { hosts, pools }: StorageFacts): Finding {
  if (!pools.known) return { verdict: 'unknown', text: `can't tell of ${target}: ${words(pools.why)}` };
  return pools.value.some((one) => one.name === pool)
    ? { verdict: 'passed', text: `${name(hosts.destination)} has the pool ${name(pool)} of ${target}` }
    : {
        verdict: 'failed',
        text: `${name(hosts.destination)} has no active pool ${name(pool)}, where ${target} is`,
        cure: 'Define the pool there, or start it (virsh pool-start).',
      };
}

interface Copy {
  readonly same: boolean | undefined;
  readonly far: FileSight;
  readonly facts: StorageFacts;
}

/** libvirt creates a file only in a folder that is an active pool's; else it has to be there. */
function findCopy(shown: string, path: string, { same, far, facts }: Copy): Finding {
  const there = name(facts.hosts.destination);
  if (same === true) {
    return {
      verdict: 'failed',
      text: `both hosts see the same ${shown}: a copy would overwrite it with itself`,
      cure: 'Migrate with shared storage.',
    };
  }
  if (far.state === 'present' && same === undefined) return untoldSame(shown, facts.hosts);
  if (far.state === 'present') return { verdict: 'passed', text: `${there} has a ${shown}, which is overwritten` };
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if (!facts.pools.known) return { verdict: 'unknown', text: `can't tell of ${shown}: ${words(facts.pools.why)}` };
  if (facts.pools.value.some((pool) => pool.path?.replace(/\/+$/, '') === folder)) {
    return { verdict: 'passed', text: `libvirt creates ${shown} on ${there}` };
  }
  return {
    verdict: 'failed',
    text: `${there} has no ${shown}, and no active pool for ${name(folder)} in which libvirt could create it`,
    cure: `Create it there at its size (qemu-img create), or make the folder a pool: virsh pool-create-as images dir --target ${name(folder)}.`,
  };
}

function findFiles(files: readonly string[], facts: StorageFacts): readonly Finding[] {
  if (files.length === 0) return [];
  const there = name(facts.hosts.destination);
  const states = files.map((path) => ({ path, state: sightOf(path, facts.atDestination)?.state ?? 'denied' }));
  const inState = (wanted: FileSight['state']): readonly string[] =>
    states.filter(({ state }) => state === wanted).map(({ path }) => path);
  const [missing, denied] = [inState('missing'), inState('denied')];
  if (missing.length > 0) {
    const cure = 'Install the package that has it, or put it there under the same path.';
    return [
      { verdict: 'failed', text: `${there} does not have ${listed(missing)}, which QEMU reads when it starts`, cure },
    ];
  }
  if (denied.length > 0) {
    return [{ verdict: 'unknown', text: `can't tell of ${listed(denied)}: this login may not look there` }];
  }
  return [{ verdict: 'passed', text: `${there} has ${listed(files)}` }];
}

/** Room for what is copied, by folder's free space: the smallest that any of them is told to have. */
function findRoom(disks: readonly DiskNeed[], facts: StorageFacts): readonly Finding[] {
  if (facts.mode === 'shared') return [];
  const copied = disks.filter((disk) => isCopied(disk) && disk.path !== undefined && disk.kind === 'file');
  const sizes = copied.map(({ path = '' }) => {
    const [here, far] = [sightOf(path, facts.atSource), sightOf(path, facts.atDestination)];
    const needed = Math.max(0, (here?.allocatedBytes ?? 0) - (far?.allocatedBytes ?? 0));
    return { needed, free: far?.freeBytes };
  });
  const needed = sizes.reduce((sum, one) => sum + one.needed, 0);
  const free = Math.min(...sizes.map((one) => one.free ?? Infinity));
  if (needed <= free) return [];
  return [
    {
      verdict: 'failed',
      text: `the copies take ${formatBytes(needed)}, and ${name(facts.hosts.destination)} has ${formatBytes(free)} free for them`,
      cure: 'Make room there first.',
    },
  ];
}

/** What begins with a name of a host's, a disk's or libvirt's stays as it is. */
function upper(text: string): string {
  return /^(both|can't|the) /.test(text) ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text;
}

/** What copying the guest's disks would move, and whether it has to be; undefined where nobody can tell. */
export function copyOf(
  disks: readonly DiskNeed[],
  atSource: StorageFacts['atSource'],
  atDestination: StorageFacts['atDestination'],
): { readonly copyBytes: number; readonly needsCopy: boolean | undefined } {
  const copied = disks.filter((disk) => isCopied(disk) && disk.path !== undefined);
  const sames = copied
    .filter(({ kind }) => kind === 'file')
    .map(({ path = '' }) => isSame(sightOf(path, atSource), sightOf(path, atDestination)));
  const copyBytes = copied.reduce((sum, { path = '' }) => sum + (sightOf(path, atSource)?.allocatedBytes ?? 0), 0);
  const needsCopy = sames.includes(false)
    ? true
    : sames.length > 0 && sames.every((one) => one === true)
      ? false
      : undefined;
  return { copyBytes, needsCopy };
}
