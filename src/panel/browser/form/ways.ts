import type { FormWay } from '../../formProtocol.js';
import { element, icon, setText } from '../dom.js';
import { answerText, nameText } from '../text.js';
import type { Post } from './fields.js';
import type { Part } from './parts.js';

/** Other ways to the destination: those that may work as buttons; those that do not, with the reason, for who asks why. */
export class OtherWays implements Part<readonly FormWay[]> {
  public readonly element: HTMLElement;
  private readonly buttons = element('div', { className: 'suggestions' });
  private readonly summary = element('summary');
  private readonly list = element('ul', { className: 'dead-ways' });
  private readonly dead: HTMLDetailsElement;
  private shown = '';

  public constructor(private readonly post: Post) {
    this.dead = element('details', { className: 'dead' }, this.summary, this.list);
    this.element = element('div', { id: 'other-ways' }, this.buttons, this.dead);
  }

  public render(ways: readonly FormWay[]): void {
    const now = JSON.stringify(ways);
    if (now === this.shown) return;
    this.shown = now;
    const buttons: HTMLElement[] = [];
    const dead: HTMLElement[] = [];
    ways.forEach((way, index) =>
      way.answers === false ? dead.push(item(way)) : buttons.push(this.button(way, index)),
    );
    this.buttons.replaceChildren(...buttons);
    this.buttons.hidden = buttons.length === 0;
    this.list.replaceChildren(...dead);
    this.dead.hidden = dead.length === 0;
    setText(
      this.summary,
      dead.length === 1 ? 'Another way does not answer' : `${dead.length} other ways do not answer`,
    );
  }

  private button({ label, answers }: FormWay, index: number): HTMLElement {
    const button = element('button', { className: 'plain', attributes: { type: 'button' } });
    const seen = answers === true ? 'answers' : 'not tried';
    button.append(icon('arrow-swap'), element('span', { text: `${nameText(label)} (${seen})` }));
    button.addEventListener('click', () => this.post({ type: 'way', index }));
    return button;
  }
}

function item({ label, reason }: FormWay): HTMLElement {
  return element(
    'li',
    {},
    element('code', { text: nameText(label) }),
    element('p', { className: 'help', text: answerText(reason) }),
  );
}
