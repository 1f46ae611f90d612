import type { LabHost } from './host.js';

export interface MigrateOptions {
  /** 20 unless told otherwise; 0 is no limit. */
  readonly bandwidthMiBps?: number;
  readonly postcopy?: boolean;
  /** True unless told otherwise: libvirtd's own migration, which outlives its virsh. */
  readonly p2p?: boolean;
  /** Further words for virsh migrate. */
  readonly extra?: readonly string[];
}

/** A `virsh migrate` that somebody runs on the source, as an operator would. */
export interface RunningMigrate {
  /** Resolves when virsh ends, with its words, whatever they are. */
  readonly done: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  /** Kills virsh. A migration with p2p runs on; one without dies. */
  kill(): void;
}

export function migrateWords(uuid: string, to: LabHost, options: MigrateOptions): readonly string[] {
  const { bandwidthMiBps = 20, postcopy = false, p2p = true, extra = [] } = options;
  const words = ['virsh', 'migrate', '--live'];
  if (p2p) words.push('--p2p');
  if (bandwidthMiBps > 0) words.push('--bandwidth', String(bandwidthMiBps));
  if (postcopy) words.push('--postcopy');
  // Without p2p it is virsh that connects to both, and tells the source where to go by the same address.
  return [...words, ...extra, '--', uuid, `qemu+tcp://${to.name}/system`, `tcp://${to.name}`];
}
