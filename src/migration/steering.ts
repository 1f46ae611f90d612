import { UserError } from '../base/errors.js';
import type { Action, Migration } from './model.js';

/** The one path by which an action reaches a host, whoever asks: palette, panel, tree or API. */
export interface Steering {
  /**
   * Sends `action` to the domain on `host` (the migration's source), reads the value back, and leaves a mark in the
   * migration's journal. Resolves with what to tell the user: `Max downtime of web-1 is now 12 000 ms.` Rejects with a
   * `UserError` in libvirt's own words, and what to do, when it was refused or the value read back is another.
   */
  perform(host: string, domainUuid: string, action: Action): Promise<string>;
}

/** How the source reaches the destination of a migration that was not started here: only somebody who knows can say. */
export class DestinationUnknown extends UserError {}

/** Goes on with post-copies that broke off: how the destination is reached, and what starts it. */
export interface PostcopyResumer {
  /** Works out the line. Rejects with `DestinationUnknown` where nobody here can tell how the destination is reached. */
  prepare(
    migration: Migration,
    by: { readonly destinationUri?: string; readonly migrationUri?: string },
  ): Promise<PreparedResumption>;
}

export interface PreparedResumption {
  /** What is run, as it could be typed. */
  readonly line: string;
  /** Resolves once virsh runs; `failed` resolves with its words if it ends without success. Rejects for what was refused at once. */
  start(): Promise<{ readonly failed: Promise<string> }>;
}
