/**
 * An error fit to be shown: `message` says what failed, and on which host where one is known, in libvirt's or ssh's own
 * words; `advice` is the next thing to do, one sentence, or undefined where there is nothing sensible to advise.
 */
export class UserError extends Error {
  readonly advice: string | undefined;

  constructor(message: string, advice?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UserError';
    this.advice = advice;
  }
}

/** What to show for anything that was thrown: never a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `message` and `advice` in one text, for a notification or a tooltip. */
export function fullMessageOf(error: unknown): string {
  const message = messageOf(error);
  return error instanceof UserError && error.advice !== undefined ? `${message} ${error.advice}` : message;
}
