import { describe, expect, it } from 'vitest';
import { Archive, type ArchiveLimits } from '../../../../src/migration/past/archive.js';
import { entryLine, readIndex } from '../../../../src/migration/past/entry.js';
import { MemoryStorage } from '../../../memoryStorage.js';
import { completed, recordOf } from './records.js';

const silent = { error: () => undefined };
const indexFile = 'index.jsonl';

async function open(storage: MemoryStorage, limits?: ArchiveLimits): Promise<Archive> {
  const archive = new Archive(storage, silent, limits);
  await archive.load();
  return archive;
}

const fill = async (archive: Archive, count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push((await archive.add(recordOf({ afterMs: index * 60_000, seconds: 3 }))).id);
  }
  return ids;
};
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate);
};

describe('the archive of past migrations', () => {
  it('lists them newest first after a reload, by its index alone, and reads any as it was', async () => {
    const storage = new MemoryStorage();
    const ids = await fill(await open(storage), 3);
    storage.readWhole.length = 0;
    const archive = await open(storage);
    expect(archive.all.map(({ id }) => id)).toEqual([...ids].reverse());
    expect(storage.readWhole).toEqual([indexFile]);
    expect(archive.all[0]).toMatchObject({ domainName: 'web-1', source: 'hv1', imported: false });
    expect(archive.all[0]?.state).toEqual(completed);
    const [first = ''] = ids;
    const { identity, samples, marks, state, readings } = recordOf({ seconds: 3 });
    const read = await archive.read(first);
    expect({ ...read, readings: undefined, fields: undefined }).toEqual({ identity, samples, marks, state });
    expect([...(read?.readings?.values() ?? [])]).toEqual([...(readings?.values() ?? [])]);
  });

  it('loses nothing to a crash in the middle of a line: what the index lacks is found by the files', async () => {
    const storage = new MemoryStorage();
    const ids = await fill(await open(storage), 3);
    const index = storage.files.get(indexFile) ?? '';
    storage.files.set(indexFile, index.slice(0, index.length - 40));
    const archive = await open(storage);
    expect(archive.all.map(({ id }) => id)).toEqual([...ids].reverse());
    // The line after the one that was cut off is whole.
    const { id } = await archive.add(recordOf({ afterMs: 600_000, seconds: 3 }));
    expect((await open(storage)).all.map((entry) => entry.id)).toEqual([id, ...[...ids].reverse()]);
    expect(readIndex(storage.files.get(indexFile) ?? '').entries.size).toBe(4);
  });

  it('loses nothing when its index is gone, or of another version', async () => {
    const storage = new MemoryStorage();
    const ids = await fill(await open(storage), 2);
    storage.files.set(indexFile, '\n{"v":2,"entry":{"id":"later"}}\n{"v":1,"entry":{"id":"half"}}\nnull');
    expect((await open(storage)).all.map(({ id }) => id)).toEqual([...ids].reverse());
    storage.files.delete(indexFile);
    expect((await open(storage)).all.map(({ id }) => id)).toEqual([...ids].reverse());
  });

  it('shows none whose history is gone', async () => {
    const storage = new MemoryStorage();
    const [first = '', second = ''] = await fill(await open(storage), 2);
    storage.files.delete(`${first}.jsonl`);
    expect((await open(storage)).all.map(({ id }) => id)).toEqual([second]);
  });

  it('keeps no more than so many, and so much: the oldest go first, with their files', async () => {
    const storage = new MemoryStorage();
    const few = await open(storage, { migrations: 2, bytes: Infinity });
    const ids = await fill(few, 4);
    expect(few.all.map(({ id }) => id)).toEqual([ids[3], ids[2]]);
    expect([...storage.files.keys()].sort()).toEqual([indexFile, `${ids[2]}.jsonl`, `${ids[3]}.jsonl`].sort());
    const bytes = few.all[0]?.bytes ?? 0;
    const small = await open(storage, { migrations: 100, bytes: bytes * 1.5 });
    expect(small.all.map(({ id }) => id)).toEqual([ids[3]]);
  });

  it('writes its index anew once most of it tells nothing, and loses none by that', async () => {
    const storage = new MemoryStorage();
    const archive = await open(storage);
    const [only] = await fill(archive, 1);
    const line = entryLine(archive.all[0] ?? neverThere());
    storage.files.set(indexFile, line.repeat(1000));
    expect((await open(storage)).all.map(({ id }) => id)).toEqual([only]);
    expect(storage.files.get(indexFile)).toBe(line);
  });

  it('keeps one that is put away twice once, and as it was', async () => {
    const storage = new MemoryStorage();
    const [a, b] = [await open(storage), await open(storage)];
    await Promise.all([a.add(recordOf()), b.add(recordOf())]);
    expect((await open(storage)).all).toHaveLength(1);
  });

  it('shows what another window puts away and removes', async () => {
    const storage = new MemoryStorage();
    const [a, b] = [await open(storage), await open(storage)];
    const { id } = await a.add(recordOf());
    await settled();
    expect(b.all.map((entry) => entry.id)).toEqual([id]);
    await b.remove([id]);
    await settled();
    expect(a.all).toEqual([]);
    expect([...storage.files.keys()]).toEqual([indexFile]);
  });

  it('reads nothing by a name that is no id', async () => {
    const archive = await open(new MemoryStorage());
    expect(await archive.read('../hosts')).toBeUndefined();
  });
});

function neverThere(): never {
  throw new Error('the archive is empty');
}
