import type { PanelAction, PanelButton, PanelHeader } from '../protocol.js';
import { element, icon, setAttribute, setText, setTitle } from './dom.js';
import { nameText, tooltipText } from './text.js';

const ICONS: Readonly<Record<PanelAction, string>> = {
  setSpeed: 'dashboard',
  setMaxDowntime: 'watch',
  setCompressionCache: 'file-zip',
  pause: 'debug-pause',
  resume: 'play',
  switchToPostcopy: 'arrow-swap',
  interruptPostcopy: 'debug-disconnect',
  resumePostcopy: 'debug-continue',
  abort: 'debug-stop',
  undo: 'discard',
};

interface Shown {
  readonly button: HTMLButtonElement;
  readonly label: HTMLElement;
}

/**
 * The ways to steer. A disabled one stays reachable (`aria-disabled`, not `disabled`): why it can't work now is just what its
 * reader wants to know.
 */
export class Buttons {
  public readonly element = element('div', {
    id: 'actions',
    className: 'buttons',
    attributes: { role: 'group', 'aria-label': 'Ways to steer this migration' },
  });
  private readonly shown = new Map<PanelAction, Shown>();

  public constructor(private readonly act: (action: PanelAction) => void) {}

  public render({ buttons, ended }: PanelHeader): void {
    this.element.hidden = buttons.length === 0 || (ended && buttons.every((button) => !button.enabled));
    const wanted = new Set(buttons.map((button) => button.action));
    for (const [action, { button }] of this.shown) {
      if (wanted.has(action)) continue;
      button.remove();
      this.shown.delete(action);
    }
    let previous: HTMLElement | undefined;
    for (const button of buttons) previous = this.renderButton(button, previous);
  }

  private renderButton({ action, label, enabled, why }: PanelButton, after: HTMLElement | undefined): HTMLElement {
    const shown = this.shown.get(action) ?? this.add(action);
    setText(shown.label, nameText(label));
    setTitle(shown.button, tooltipText(why));
    setAttribute(shown.button, 'aria-disabled', String(!enabled));
    const place = after === undefined ? this.element.firstElementChild : after.nextElementSibling;
    if (place !== shown.button) this.element.insertBefore(shown.button, place);
    return shown.button;
  }

  private add(action: PanelAction): Shown {
    const label = element('span');
    const button = element(
      'button',
      {
        id: `action-${action}`,
        className: action === 'abort' || action === 'interruptPostcopy' ? 'dangerous' : 'plain',
        attributes: { type: 'button', 'data-action': action },
      },
      icon(ICONS[action]),
      label,
    );
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true') this.act(action);
    });
    const shown: Shown = { button, label };
    this.shown.set(action, shown);
    return shown;
  }
}
