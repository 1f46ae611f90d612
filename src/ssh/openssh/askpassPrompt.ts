/** What ssh asks through its askpass program, taken apart. */
export type AskpassQuestion =
  | {
      readonly kind: 'hostKey';
      /** As known_hosts has it: `[hv1]:2222`. */
      readonly name: string;
      /** The address that name led to; undefined behind a jump host or a command. */
      readonly address: string | undefined;
      /** As ssh2 and known_hosts name it, where the prompt tells it. */
      readonly keyType: string;
      /** `SHA256:...` */
      readonly fingerprint: string;
    }
  | { readonly kind: 'passphrase'; readonly keyFile: string }
  | { readonly kind: 'password'; readonly user: string; readonly host: string }
  /** One prompt of a server's; `text` is in its words. */
  | { readonly kind: 'challenge'; readonly user: string; readonly host: string; readonly text: string }
  /** Of a security device or a smartcard. */
  | { readonly kind: 'pin'; readonly text: string }
  /** A device waits to be touched; nothing is to be answered. */
  | { readonly kind: 'touch'; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

const keyTypes: Readonly<Record<string, string>> = {
  ED25519: 'ssh-ed25519',
  RSA: 'ssh-rsa',
  DSA: 'ssh-dss',
  // Which curve is not told.
  ECDSA: 'ecdsa-sha2',
  'ED25519-SK': 'sk-ssh-ed25519@openssh.com',
  'ECDSA-SK': 'sk-ecdsa-sha2-nistp256@openssh.com',
};

/**
 * Reads a prompt of OpenSSH, from 7.4 to 10. `hint` is what it says in SSH_ASKPASS_PROMPT. A server's own words come last, and
 * only behind `(user@host)`, so that they are never taken for a question of ssh's; an ssh older than 8.5 does not put that
 * there, and must not be allowed to hand on a server's prompts.
 */
export function parseAskpassPrompt(prompt: string, hint: string): AskpassQuestion {
  const challenge = /^\(([^@\s]+)@([^\s)]+)\) ([\s\S]*)$/.exec(prompt);
  if (challenge !== null) {
    const [, user = '', host = '', text = ''] = challenge;
    return { kind: 'challenge', user, host, text };
  }
  if (hint === 'none') return { kind: 'touch', text: prompt };
  if (hint !== '') return { kind: 'unknown', text: prompt };

  const hostKey =
    /^The authenticity of host '([^'\s]+) \(([^)]*)\)' can't be established[^]*?^(\S+) key fingerprint is:? (SHA256:[A-Za-z0-9+/]{43})\.?$[^]*\(yes\/no(?:\/\[fingerprint\])?\)\? $/m.exec(
      prompt,
    );
  if (hostKey !== null) {
    const [, name = '', where = '', type = '', fingerprint = ''] = hostKey;
    // ssh itself puts a note there where it has no address.
    const address = where.startsWith('<') ? undefined : (/^\[(.*)\]:\d+$/.exec(where)?.[1] ?? where);
    return { kind: 'hostKey', name, address, keyType: keyTypes[type] ?? type.toLowerCase(), fingerprint };
  }
  const passphrase = /^Enter passphrase for key '(.+)': $/.exec(prompt);
  if (passphrase !== null) return { kind: 'passphrase', keyFile: passphrase[1] ?? '' };
  const password = /^([^@\s]+)@(\S+)'s password: $/.exec(prompt);
  if (password !== null) return { kind: 'password', user: password[1] ?? '', host: password[2] ?? '' };
  if (/^Enter PIN\b.*: $/.test(prompt)) return { kind: 'pin', text: prompt };
  if (prompt.startsWith('Confirm user presence for key ')) return { kind: 'touch', text: prompt };
  return { kind: 'unknown', text: prompt };
}
