import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileStorage } from '../../../src/editor/storage.js';

describe('the storage', () => {
  let folder: string;
  let storage: FileStorage;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'libvirt-storage-'));
    storage = new FileStorage(join(folder, 'not', 'there', 'yet'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is empty before anything is written', async () => {
    expect(await storage.list()).toEqual([]);
    expect(await storage.read('a.jsonl')).toBeUndefined();
    await storage.remove('a.jsonl');
  });

  it('keeps appends in order, however many are under way', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `${index}\n`);
    await Promise.all(lines.map((line) => storage.append('a.jsonl', line)));
    expect(await storage.read('a.jsonl')).toBe(lines.join(''));
  });

  it('reads what was appended just now', async () => {
    void storage.append('a.jsonl', 'one\n');
    expect(await storage.read('a.jsonl')).toBe('one\n');
  });

  it('reads only the beginning, or the end, of a long file', async () => {
    await storage.append('a.jsonl', 'first\n' + 'x'.repeat(100_000) + '\nlast\n');
    expect(await storage.readPart('a.jsonl', 'start', 6)).toEqual({ text: 'first\n', bytes: 100_012 });
    expect(await storage.readPart('a.jsonl', 'end', 5)).toEqual({ text: 'last\n', bytes: 100_012 });
    expect((await storage.readPart('a.jsonl', 'end', 1_000_000))?.text).toHaveLength(100_012);
    expect(await storage.readPart('b.jsonl', 'end', 5)).toBeUndefined();
  });

  it('tells what another window writes, until nobody listens', async () => {
    const told: string[] = [];
    const watching = storage.watch((file) => told.push(file));
    const another = new FileStorage(join(folder, 'not', 'there', 'yet'));
    await vi.waitFor(async () => {
      await another.append('b.jsonl', 'one\n');
      expect(told).toContain('b.jsonl');
    });
    watching.dispose();
  });

  it('forgets a removed file', async () => {
    await storage.append('a.jsonl', 'one\n');
    await storage.remove('a.jsonl');
    expect(await storage.list()).toEqual([]);
  });

  it('never leaves its folder', () => {
    expect(() => storage.append('../a', 'x')).toThrow(/plain file name/);
  });

  it('replaces a file whole: whoever reads meanwhile meets the old text or the new one', async () => {
    const texts = ['old'.repeat(100_000), 'new'.repeat(100_000)] as const;
    await storage.replace('a.json', texts[0]);
    const other = new FileStorage(join(folder, 'not', 'there', 'yet'));
    const writing = Promise.all(
      Array.from({ length: 20 }, (_, index) => storage.replace('a.json', texts[index % 2 ? 1 : 0])),
    );
    for (let read = 0; read < 50; read += 1) expect(texts).toContain(await other.read('a.json'));
    await writing;
    expect(await storage.list()).toEqual(['a.json']);
  });

  it('lets one of several windows create a file', async () => {
    const others = Array.from({ length: 5 }, () => new FileStorage(join(folder, 'not', 'there', 'yet')));
    const created = await Promise.all(others.map((other, index) => other.create('lease.1', String(index))));
    expect(created.filter((one) => one)).toHaveLength(1);
    expect(await storage.read('lease.1')).toBe(String(created.indexOf(true)));
    expect(await storage.list()).toEqual(['lease.1']);
  });
});
