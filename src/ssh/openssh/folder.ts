import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable.js';

/**
 * A path longer than this leaves no room for the name of a socket, which has 104 bytes on macOS and 108 on Linux, of which ssh
 * needs 17 for the name it has at first.
 */
const maxFolderBytes = 64;

/** A folder only this user can enter, for one connection's socket, configuration and helper. */
export class PrivateFolder implements Disposable {
  readonly path: string;

  constructor(platform: NodeJS.Platform) {
    this.path = mkdtempSync(join(platform === 'win32' ? tmpdir() : shortTemporaryFolder(tmpdir()), 'libvirt-'));
    chmodSync(this.path, 0o700);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** ssh puts the path of its configuration into a shell's command when it goes through a jump host, without quotes. */
export function shortTemporaryFolder(folder: string): string {
  return Buffer.byteLength(folder) <= maxFolderBytes && /^[\w./+-]+$/.test(folder) ? folder : '/tmp';
}
