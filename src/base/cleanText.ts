/**
 * Text from a host, made fit for one line of the editor. What a name holds must neither break the line it stands in, nor
 * reorder the text around it, nor hide: names and answers are shown, never obeyed.
 */

/** A label longer than this is no help to recognise anything by. */
const labelLimit = 200;
/** A notification takes a sentence or two; what is longer is in the log. */
const noticeLimit = 1000;

// Control characters, line separators, bidirectional overrides and isolates, and what has no width. Marks such as U+200F
// and joiners stay: honest right-to-left names and emoji need them.
const deceiving = /[\p{Cc}\u2028-\u202e\u2066-\u2069\u200b\u2060-\u2064\ufeff]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** At most `limit` characters, the last an ellipsis where something was cut; never half of an emoji. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 1);
  const last = cut.charCodeAt(cut.length - 1);
  const halfOfPair = last >= 0xd800 && last <= 0xdbff;
  return `${halfOfPair ? cut.slice(0, -1) : cut}…`;
}

/** For the log: nothing is left out, everything that would act is written as its escape. */
export function cleanForLog(text: string): string {
  return text.replace(deceiving, escaped);
}

/** For one line of a tree, a list or a title: white space is folded, what would act is written as its escape. */
export function cleanLabel(text: string, limit = labelLimit): string {
  // Cut before the work as well: a name of megabytes must cost nothing.
  return clip(
    cleanForLog(
      clip(text, 4 * limit)
        .replace(/\s+/gu, ' ')
        .trim(),
    ),
    limit,
  );
}

/** For a notification: like a label, but the editor would also make a link of `[text](command:...)`. */
export function cleanForNotice(text: string, limit = noticeLimit): string {
  return cleanLabel(text, limit).replace(/\]\(/gu, '] (');
}

/** For the status bar and pick lists, which draw `$(name)` as an icon; anything else in such brackets they leave, backslash and all. */
export function escapeIcons(text: string): string {
  return text.replace(/\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/gu, '\\$&');
}
