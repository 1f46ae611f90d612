import { messageOf } from '../base/errors.js';
import type { Credentials } from './credentials.js';
import { isOfTheWay, SshError } from './types.js';

/** Keeps books of the secrets of an attempt that came to nothing. Resolves with the error to tell; never rejects. */
export async function failedLogin(
  error: unknown,
  credentials: Credentials,
  onNotice: (text: string) => void,
): Promise<unknown> {
  const wasSent = credentials.isUnjudged;
  // What the user gave up at a later question, the server has not refused; what it had refused before is forgotten by then.
  const isRefusal = error instanceof SshError && error.kind === 'authentication' && !error.byUser;
  await storing(isRefusal ? credentials.refused() : credentials.unjudged(), onNotice);
  return wasSent && error instanceof SshError ? withoutVerdict(error) : error;
}

/** A secret storage that fails must not cost the connection, nor hide why there is none. */
export async function storing(stored: Promise<void>, onNotice: (text: string) => void): Promise<void> {
  try {
    await stored;
  } catch (error) {
    onNotice(`The secret storage failed: ${messageOf(error)}`);
  }
}

/**
 * A server that ends, or goes silent, once it has a secret may well have counted a wrong one: trying again by itself could
 * lock the account, whatever ended it.
 */
function withoutVerdict(error: SshError): SshError {
  if (!isOfTheWay(error)) return error;
  return new SshError(
    'authentication',
    `${error.message} It had been sent a password by then, and did not say whether that was right.`,
    'Connect to it yourself: in the background no password is sent a second time before it is known to be right.',
    { cause: error },
  );
}
