import type { EvacuationAction, EvacuationButton, EvacuationRowAction } from '../../evacuationProtocol.js';
import { element, icon, setAttribute, setText, setTitle } from '../dom.js';
import { nameText, tooltipText } from '../text.js';

export type AnyAction = EvacuationAction | EvacuationRowAction;

const ICONS: Readonly<Record<AnyAction, string>> = {
  stopAfterThis: 'debug-step-over',
  stopAll: 'debug-stop',
  resume: 'play',
  skip: 'debug-step-over',
  retry: 'refresh',
  redirect: 'arrow-swap',
  open: 'graph-line',
};

interface Shown {
  readonly button: HTMLButtonElement;
  readonly label: HTMLElement;
}

interface Look {
  readonly label: string;
  readonly className: (action: AnyAction) => string;
}

/** A row of buttons. A disabled one stays reachable (`aria-disabled`): why it can't work now is what its reader wants to know. */
export class ButtonRow<Action extends AnyAction> {
  public readonly element: HTMLElement;
  private readonly shown = new Map<Action, Shown>();

  public constructor(
    private readonly look: Look,
    private readonly act: (action: Action) => void,
  ) {
    this.element = element('div', { className: 'buttons', attributes: { role: 'group', 'aria-label': look.label } });
  }

  /** `about`: whom it concerns, for those who hear the button alone. */
  public render(buttons: readonly EvacuationButton<Action>[], about?: string): void {
    this.element.hidden = buttons.length === 0;
    const wanted = new Set(buttons.map(({ action }) => action));
    for (const [action, { button }] of this.shown) {
      if (wanted.has(action)) continue;
      button.remove();
      this.shown.delete(action);
    }
    let previous: HTMLElement | undefined;
    for (const { action, label, enabled, why } of buttons) {
      const shown = this.shown.get(action) ?? this.add(action);
      setText(shown.label, nameText(label));
      setTitle(shown.button, tooltipText(why));
      if (about !== undefined) setAttribute(shown.button, 'aria-label', `${nameText(label)} ${nameText(about)}`);
      setAttribute(shown.button, 'aria-disabled', String(!enabled));
      const place = previous === undefined ? this.element.firstElementChild : previous.nextElementSibling;
      if (place !== shown.button) this.element.insertBefore(shown.button, place);
      previous = shown.button;
    }
  }

  private add(action: Action): Shown {
    const label = element('span');
    const button = element(
      'button',
      { className: this.look.className(action), attributes: { type: 'button', 'data-action': action } },
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
