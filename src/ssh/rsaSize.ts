import { keyTypeOf } from './knownHosts.js';
import { Reader } from './openssh/wire.js';

/** The size of an RSA public key in SSH's wire form; undefined for a key of another type. */
export function rsaBitsOf(key: Buffer): number | undefined {
  if (keyTypeOf(key) !== 'ssh-rsa') return undefined;
  try {
    const reader = new Reader(key);
    // The type and the exponent come before the modulus.
    reader.string();
    reader.string();
    const modulus = reader.string();
    const start = modulus.findIndex((byte) => byte !== 0);
    if (start < 0) return 0;
    return (modulus.length - start) * 8 - (Math.clz32(modulus[start] ?? 0) - 24);
  } catch {
    return 0;
  }
}

/** Whether a key is an RSA key of fewer bits than RequiredRSASize asks for. */
export function isShortRsaKey(key: Buffer, requiredBits: number): boolean {
  const bits = rsaBitsOf(key);
  return bits !== undefined && bits < requiredBits;
}
