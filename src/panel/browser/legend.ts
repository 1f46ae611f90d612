import { UNKNOWN } from '../format.js';
import type { LineSpec } from './chartSpecs.js';
import { element, setText } from './dom.js';

/**
 * A chart's keys: which line is which, and its figure - the latest, or that at the time pointed at. Always in the same place,
 * so that nothing moves under the pointer.
 */
export class Legend {
  public readonly element = element('ul', { className: 'keys' });
  private values: HTMLElement[] = [];

  public setLines(lines: readonly LineSpec<string>[]): void {
    this.values = [];
    this.element.replaceChildren(
      ...lines.map((line) => {
        const value = element('span', { className: 'key-value', text: UNKNOWN });
        value.dataset['series'] = line.key;
        this.values.push(value);
        return element(
          'li',
          { title: line.meaning },
          element('span', {
            className: `swatch ${line.colour} ${line.pattern}`,
            attributes: { 'aria-hidden': 'true' },
          }),
          element('span', { className: 'key-label', text: line.label }),
          value,
        );
      }),
    );
  }

  public setValues(values: readonly string[]): void {
    this.values.forEach((target, index) => setText(target, values[index] ?? UNKNOWN));
  }
}
