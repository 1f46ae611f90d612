/** A file in an archive. */
export interface Entry {
  readonly name: string;
  readonly bytes: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;

/** What a zip archive's directory lists. A .vsix is one; nothing that reads them is among the packages. */
export function zipEntries(archive: Buffer): Entry[] {
  // The end record comes last, before a comment of at most 64 KiB.
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endSignature) end -= 1;
  if (end < 0) throw new Error('not a zip archive');
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new Error(`no entry at ${at}`);
    const nameBytes = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    entries.push({ name, bytes: archive.readUInt32LE(at + 24) });
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}
