import { element, icon, setAttribute, setText } from '../dom.js';

interface Look {
  readonly id: string;
  readonly label: string;
  readonly icon?: string;
  readonly className: string;
}

/** A button of the form. */
export interface PressButton {
  readonly element: HTMLButtonElement;
  setLabel(label: string): void;
  /** A disabled one stays reachable: why it can't be pressed is just what its reader wants to know. */
  setEnabled(enabled: boolean): void;
}

export function pressButton(look: Look, press: () => void): PressButton {
  const label = element('span', { text: look.label });
  const button = element('button', { id: look.id, className: look.className, attributes: { type: 'button' } });
  if (look.icon !== undefined) button.append(icon(look.icon));
  button.append(label);
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') press();
  });
  return {
    element: button,
    setLabel: (text) => setText(label, text),
    setEnabled: (enabled) => setAttribute(button, 'aria-disabled', String(!enabled)),
  };
}
