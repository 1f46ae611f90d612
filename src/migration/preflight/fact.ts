import { messageOf } from '../../base/errors.js';

/** What was found out of a host, or why it could not be. */
export type Fact<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export function known<T>(value: T): Fact<T> {
  return { known: true, value };
}

export function untold(why: string): Fact<never> {
  return { known: false, why };
}

/** Never rejects. */
export async function factOf<T>(asked: Promise<T>): Promise<Fact<T>> {
  try {
    return known(await asked);
  } catch (error) {
    return untold(messageOf(error));
  }
}

/** A question that needs the answer to another: without that it has the same reason to be unknown. Never rejects. */
export async function after<T, U>(told: Promise<Fact<T>>, ask: (value: T) => Promise<Fact<U>>): Promise<Fact<U>> {
  const fact = await told;
  if (!fact.known) return fact;
  const { value } = fact;
  const answered = await factOf(Promise.resolve().then(() => ask(value)));
  return answered.known ? answered.value : answered;
}

export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.known ? fact.value : undefined;
}
