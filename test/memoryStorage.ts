import type { Disposable } from '../src/base/disposable.js';
import { Emitter } from '../src/base/emitter.js';
import type { FilePart, ReplacingStorage, Storage } from '../src/base/storage.js';

/** The folder that windows share, without a disk: what is written is there, and told, at once. */
export class MemoryStorage implements Storage, ReplacingStorage {
  readonly files = new Map<string, string>();
  /** Files that were read whole, in order. */
  readonly readWhole: string[] = [];
  /** How many characters of the next append reach the disk before it fails; undefined for all, and no failure. */
  failAfter: number | undefined;
  /** A file that nobody may read. */
  unreadable: string | undefined;
  private readonly written = new Emitter<string>();

  append(file: string, lines: string): Promise<void> {
    const { failAfter } = this;
    this.failAfter = undefined;
    const whole = failAfter === undefined;
    this.files.set(file, (this.files.get(file) ?? '') + (whole ? lines : lines.slice(0, failAfter)));
    this.written.fire(file);
    return whole ? Promise.resolve() : Promise.reject(new Error('no space left on device'));
  }

  read(file: string): Promise<string | undefined> {
    this.readWhole.push(file);
    return Promise.resolve(this.files.get(file));
  }

  readPart(file: string, which: 'start' | 'end', bytes: number): Promise<FilePart | undefined> {
    if (file === this.unreadable) return Promise.reject(new Error('permission denied'));
    const text = this.files.get(file);
    const part = which === 'start' ? text?.slice(0, bytes) : text?.slice(-bytes);
    return Promise.resolve(text === undefined || part === undefined ? undefined : { text: part, bytes: text.length });
  }

  watch(onChange: (file: string) => void): Disposable {
    return this.written.event(onChange);
  }

  replace(file: string, text: string): Promise<void> {
    this.files.set(file, text);
    this.written.fire(file);
    return Promise.resolve();
  }

  create(file: string, text: string): Promise<boolean> {
    const isNew = !this.files.has(file);
    if (isNew) this.files.set(file, text);
    return Promise.resolve(isNew);
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()]);
  }

  remove(file: string): Promise<void> {
    this.files.delete(file);
    return Promise.resolve();
  }
}
