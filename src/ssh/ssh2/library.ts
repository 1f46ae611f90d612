import type { AlgorithmStocks } from './algorithms.js';
import type { Ssh2 } from './authentication.js';

/** ssh2, and what algorithms it has on this machine. */
export interface Ssh2Library {
  readonly ssh2: Ssh2;
  readonly stocks: AlgorithmStocks;
}

/** Loaded at the first connection: activation must not wait for it. */
export async function loadSsh2(): Promise<Ssh2Library> {
  const [{ default: ssh2 }, { default: constants }] = await Promise.all([
    import('ssh2'),
    import('ssh2/lib/protocol/constants.js'),
  ]);
  return {
    ssh2,
    stocks: {
      kex: { supported: constants.SUPPORTED_KEX, offered: constants.DEFAULT_KEX },
      hostKeys: { supported: constants.SUPPORTED_SERVER_HOST_KEY, offered: constants.DEFAULT_SERVER_HOST_KEY },
      ciphers: { supported: constants.SUPPORTED_CIPHER, offered: constants.DEFAULT_CIPHER },
      macs: { supported: constants.SUPPORTED_MAC, offered: constants.DEFAULT_MAC },
    },
  };
}
