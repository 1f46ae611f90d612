import { readArguments, schemas } from './arguments.js';
import type { Command } from './services.js';

/** Forgets every password and passphrase: those the editor keeps, and those typed in this window. Connections stay. */
export const forgetSecrets: Command = {
  id: 'libvirt.forgetSecrets',
  async run({ credentials }, argument) {
    readArguments(this.id, schemas.none, argument);
    const count = await credentials.forgetAll();
    if (count === 0) return 'No password or passphrase was kept.';
    return `Forgot ${count} ${count === 1 ? 'password or passphrase' : 'passwords and passphrases'}.`;
  },
};
