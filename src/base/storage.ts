/** Files of the extension's own, by plain names (no folders): the editor decides where they lie. */
export interface Storage {
  /** Appends text to `file`, which need not exist. Appends to one file land in the order they were asked for. */
  append(file: string, lines: string): Promise<void>;
  /** Undefined when there is no such file. */
  read(file: string): Promise<string | undefined>;
  /** The names of all files. */
  list(): Promise<string[]>;
  /** Not an error when there is no such file. */
  remove(file: string): Promise<void>;
}
