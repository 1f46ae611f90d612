/**
 * Text from a host, made fit to be seen. It is only ever set as text, so markup can't run; what is left to defend is the
 * reader: an override that turns `gpj.exe` round, a control character, a title of 10 kB.
 */

/** Enough to recognise a name by; the visible line is cut by the style sheet long before. */
export const NAME_LIMIT = 300;
/** A tooltip longer than this covers the page it explains. */
export const TOOLTIP_LIMIT = 1000;
/** An answer of virsh is a few lines; what is longer was not meant to be read here. */
export const ANSWER_LIMIT = 8000;

// The embeddings, overrides and isolates, and every control character but tab and newline. Marks such as U+200F are left:
// honest right-to-left names need them, and <bdi> keeps them from reaching their neighbours.
const DECEIVING = /(?![\t\n])[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** Shows what would otherwise act on the text around it: `web<U+202E>gpj` becomes `web\u202egpj`. */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .replace(DECEIVING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** At most `limit` characters, the last an ellipsis where something was cut; never half of an emoji. */
export function cap(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  const last = cut.charCodeAt(cut.length - 1);
  const halfOfPair = last >= 0xd800 && last <= 0xdbff;
  return `${halfOfPair ? cut.slice(0, -1) : cut}…`;
}

/** A name for one line. */
export function nameText(text: string): string {
  return visible(cap(text, NAME_LIMIT)).replace(/\s+/gu, ' ');
}

/** A tooltip's text. */
export function tooltipText(text: string): string {
  return visible(cap(text, TOOLTIP_LIMIT));
}

/** An answer of several lines. */
export function answerText(text: string): string {
  return visible(cap(text, ANSWER_LIMIT));
}
