/** How long a condition may take on two busy cores. */
const defaultTimeoutMs = 20_000;
const pollMs = 50;

/**
 * Resolves with what `look` finds, as soon as it is neither undefined nor false. An error of `look` means not yet; the last
 * one is told when time is up.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = defaultTimeoutMs,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      const why = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
