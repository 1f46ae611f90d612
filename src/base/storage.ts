import type { Disposable } from './disposable.js';

/** Files of the extension's own, by plain names (no folders): the editor decides where they lie. */
export interface Storage {
  /** Appends text to `file`, which need not exist. Appends to one file land in the order they were asked for. */
  append(file: string, lines: string): Promise<void>;
  /** Undefined when there is no such file. */
  read(file: string): Promise<string | undefined>;
  /** About its first, or last, so many bytes, and how long it is. Undefined when there is no such file. */
  readPart(file: string, which: 'start' | 'end', bytes: number): Promise<FilePart | undefined>;
  /** Calls `onChange` with the name of a file that somebody wrote, where the file system tells: a hint, and no promise. */
  watch(onChange: (file: string) => void): Disposable;
  /** The names of all files. */
  list(): Promise<string[]>;
  /** Not an error when there is no such file. */
  remove(file: string): Promise<void>;
}

export interface FilePart {
  readonly text: string;
  /** Of the whole file. */
  readonly bytes: number;
}

/** A storage for what is rewritten: whoever reads, in this window or another, meets the old text or the new one, never a part. */
export interface ReplacingStorage extends Pick<Storage, 'read' | 'list' | 'remove'> {
  replace(file: string, text: string): Promise<void>;
  /** False when there is such a file already. Of several windows that try at once, one succeeds. */
  create(file: string, text: string): Promise<boolean>;
}
