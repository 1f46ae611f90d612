import { element, icon } from './dom.js';

/** Long enough to be seen, short enough to copy again. */
const CONFIRMED_MS = 1500;

/** A small button that has a text copied, and shows for a moment that it was. */
export function copyButton(label: string, copy: () => void): HTMLButtonElement {
  const button = element('button', {
    className: 'icon-button',
    title: label,
    attributes: { type: 'button', 'aria-label': label },
  });
  button.append(icon('copy'));
  let timer: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener('click', () => {
    copy();
    button.replaceChildren(icon('check'));
    clearTimeout(timer);
    timer = setTimeout(() => button.replaceChildren(icon('copy')), CONFIRMED_MS);
  });
  return button;
}
