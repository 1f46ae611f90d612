/** The little DOM that the page needs. There is no way in it to set HTML. */

interface Properties {
  readonly id?: string;
  readonly className?: string;
  readonly text?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { id, className, text, title, attributes = {} }: Properties = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[Name] {
  const created = document.createElement(name);
  if (id !== undefined) created.id = id;
  if (className !== undefined) created.className = className;
  if (text !== undefined) created.textContent = text;
  if (title !== undefined) created.title = title;
  for (const [attribute, value] of Object.entries(attributes)) created.setAttribute(attribute, value);
  created.append(...children);
  return created;
}

/** A codicon: a picture beside words, never instead of them. */
export function icon(name: string): HTMLSpanElement {
  return element('span', { className: `codicon codicon-${name}`, attributes: { 'aria-hidden': 'true' } });
}

/** Sets text only where it changed, so that a selection, or a reading aloud, survives the next second. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A name of words joined by `_`, which may be broken after each; as text it stays what it was. */
export function setJoinedWords(target: HTMLElement, text: string): void {
  if (target.textContent === text) return;
  const words = text.split(/(?<=_)/u);
  target.replaceChildren(...words.flatMap((word, index) => (index === 0 ? [word] : [element('wbr'), word])));
}

export function setTitle(target: HTMLElement, title: string): void {
  if (target.title !== title) target.title = title;
}

export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}
