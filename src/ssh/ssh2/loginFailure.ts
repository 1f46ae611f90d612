import { addressOf, listed } from '../printable.js';
import type { ResolvedHost } from '../resolvedHost.js';
import { SshError } from '../types.js';

/** What was tried at a server that let nobody in. */
export interface FailedLogin {
  readonly host: ResolvedHost;
  /** Whether there was somebody to ask. */
  readonly canAsk: boolean;
  /** Keys by name and fingerprint. */
  readonly offered: readonly string[];
  /** Keys by name and why not. */
  readonly notOffered: readonly string[];
  /** A key that the system's own ssh could use. */
  readonly forOpenssh: string | undefined;
  /** Methods by which a secret was sent that was not taken. */
  readonly tried: readonly string[];
  /** What was asked for and not given. */
  readonly givenUp: string | undefined;
  /** The methods the server still takes. */
  readonly takes: readonly string[];
  /** What it took, and wants more: `a key`. */
  readonly taken: readonly string[];
}

/** Methods of the system's own ssh only. */
const opensshOnly = ['gssapi-with-mic', 'hostbased'] as const;

/** Why the server let nobody in, in words for the tree. */
export function loginFailure(login: FailedLogin): SshError {
  const { message, advice } = told(login);
  const opensshMay = whyOpensshMay(login);
  const byUser = login.givenUp !== undefined && login.canAsk;
  return new SshError('authentication', message, advice, {
    byUser,
    ...(opensshMay === undefined ? {} : { opensshMay }),
  });
}

function told(login: FailedLogin): { readonly message: string; readonly advice: string | undefined } {
  const { host, offered, notOffered, tried, takes, taken, givenUp, canAsk } = login;
  const address = addressOf(host.user, host.hostName, host.port);
  const connectYourself = 'Connect to it yourself: in the background nothing is asked.';
  if (givenUp !== undefined) {
    return {
      message: `${address} asks for ${givenUp}, and none was given.`,
      advice: canAsk ? undefined : connectYourself,
    };
  }
  const takesSecrets = takes.includes('password') || takes.includes('keyboard-interactive');
  if (taken.length > 0 && tried.length === 0) {
    return {
      message: `${address} took ${listed(taken)} and also wants ${listed(takes)}.`,
      advice: takesSecrets && !canAsk ? connectYourself : undefined,
    };
  }
  const skipped = notOffered.length === 0 ? '' : ` Not offered: ${notOffered.join('; ')}.`;
  if (tried.length > 0) {
    const keys = offered.length === 0 ? '' : `, nor the keys offered: ${listed(offered)}`;
    return {
      message: `${address} did not accept ${canAsk ? 'what was entered' : 'the password that was kept for it'}${keys}.`,
      advice: `${canAsk ? 'Nothing of it is kept: connect again' : 'It is forgotten: connect to it yourself'} to enter it anew.${skipped}`,
    };
  }
  const addKey = `Add your public key to ~/.ssh/authorized_keys of ${host.user} there, or load the right key into your agent.`;
  if (!canAsk && takesSecrets) {
    return { message: `${address} asks for ${listed(takes)}.`, advice: `${connectYourself}${skipped}` };
  }
  if (takes.length > 0 && !takes.includes('publickey')) {
    return {
      message: `${address} takes only ${listed(takes)}, which your ssh configuration does not use or ssh2 can't do.`,
      advice: 'Allow keys in its sshd (PubkeyAuthentication), or connect as another user.',
    };
  }
  return offered.length === 0
    ? { message: `There is no key to offer to ${address}.`, advice: `${addKey}${skipped}` }
    : { message: `${address} accepts none of the keys offered: ${listed(offered)}.`, advice: `${addKey}${skipped}` };
}

/** Never once a secret was sent: the next wrong one could lock the account. */
function whyOpensshMay({ host, takes, tried, givenUp, forOpenssh }: FailedLogin): string | undefined {
  if (tried.length > 0 || givenUp !== undefined) return undefined;
  const { destination, authentication } = host;
  if (forOpenssh !== undefined && takes.includes('publickey')) {
    return `${destination} accepts no key that ssh2 can use, and ${forOpenssh} is one for ssh itself.`;
  }
  const method = opensshOnly.find((name) => takes.includes(name) && (name === 'hostbased' || authentication.gssapi));
  return method === undefined ? undefined : `${destination} takes ${method}, which ssh2 can't do.`;
}
