/** A text that is exactly this one, or one that matches. */
export type Label = string | RegExp;

export function matches(label: Label, text: string): boolean {
  return typeof label === 'string' ? text === label : label.test(text);
}

/** A pattern for locators: they take a plain string for a part of the text. */
export function exactly(label: Label): RegExp {
  return typeof label === 'string' ? new RegExp(`^\\s*${escapeRegExp(label)}\\s*$`) : label;
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
