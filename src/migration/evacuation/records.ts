import { createHash } from 'node:crypto';
import type { ReplacingStorage } from '../../base/storage.js';
import type { EvacuationRecord } from './model.js';

const formatVersion = 1;
const suffix = '.json';

interface File {
  readonly version: number;
  readonly evacuation: EvacuationRecord;
}

/** The newest evacuation of each host, a file each, always whole. */
export class EvacuationRecords {
  constructor(private readonly storage: ReplacingStorage) {}

  async all(): Promise<readonly EvacuationRecord[]> {
    const records: EvacuationRecord[] = [];
    for (const name of await this.storage.list()) {
      if (!name.endsWith(suffix)) continue;
      const record = readRecord(await this.storage.read(name));
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  async of(host: string): Promise<EvacuationRecord | undefined> {
    return readRecord(await this.storage.read(`${keyOf(host)}${suffix}`));
  }

  save(evacuation: EvacuationRecord): Promise<void> {
    const file: File = { version: formatVersion, evacuation };
    return this.storage.replace(`${keyOf(evacuation.source)}${suffix}`, JSON.stringify(file));
  }
}

/** A file name for a host, whose own name may hold any character. */
export function keyOf(host: string): string {
  return createHash('sha256').update(host).digest('hex').slice(0, 24);
}

/** The extension's own writing, so its shape is trusted; another version's is not. */
function readRecord(text: string | undefined): EvacuationRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const file = JSON.parse(text) as File;
    return file.version === formatVersion ? file.evacuation : undefined;
  } catch {
    return undefined;
  }
}
