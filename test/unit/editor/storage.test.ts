import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

  it('forgets a removed file', async () => {
    await storage.append('a.jsonl', 'one\n');
    await storage.remove('a.jsonl');
    expect(await storage.list()).toEqual([]);
  });

  it('never leaves its folder', () => {
    expect(() => storage.append('../a', 'x')).toThrow(/plain file name/);
  });
});
