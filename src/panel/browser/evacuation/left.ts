import type { EvacuationLeft } from '../../evacuationProtocol.js';
import { element, setText } from '../dom.js';
import { answerText, nameText } from '../text.js';

/** Those that stay where they are, and why. */
export class LeftList {
  public readonly element: HTMLElement;
  private readonly list = element('ul', { id: 'left', className: 'left' });
  private readonly heading = element('h2', { id: 'left-heading' });

  public constructor() {
    this.element = element(
      'section',
      { className: 'card', attributes: { 'aria-labelledby': 'left-heading' } },
      element('div', { className: 'card-head' }, this.heading),
      this.list,
    );
  }

  public render(host: string, left: readonly EvacuationLeft[]): void {
    this.element.hidden = left.length === 0;
    setText(this.heading, `Stay on ${nameText(host)}`);
    this.list.replaceChildren(
      ...left.map(({ name, reason }) =>
        element(
          'li',
          {},
          element('bdi', { className: 'name', text: nameText(name) }),
          element('span', { className: 'why', text: answerText(reason) }),
        ),
      ),
    );
  }
}
