import type { Action } from './model.js';

/** The one path by which an action reaches a host, whoever asks: palette, panel, tree or API. */
export interface Steering {
  /**
   * Sends `action` to the domain on `host` (the migration's source), reads the value back, and leaves a mark in the
   * migration's journal. Resolves with what to tell the user: `Max downtime of web-1 is now 12 000 ms.` Rejects with a
   * `UserError` in libvirt's own words, and what to do, when it was refused or the value read back is another.
   */
  perform(host: string, domainUuid: string, action: Action): Promise<string>;
}
