import type { FromPanel } from '../protocol.js';
import { element, icon } from './dom.js';

/** What can be done with the record of a migration, whether it runs or is over. */
export class Toolbar {
  public readonly element: HTMLElement;

  public constructor(post: (message: FromPanel) => void) {
    const button = (id: string, label: string, picture: string, message: FromPanel): HTMLElement => {
      const made = element(
        'button',
        { id, className: 'plain small', attributes: { type: 'button' } },
        icon(picture),
        element('span', { text: label }),
      );
      made.addEventListener('click', () => post(message));
      return made;
    };
    this.element = element(
      'div',
      { className: 'record-tools', attributes: { role: 'group', 'aria-label': 'The record of this migration' } },
      button('compare', 'Compare…', 'git-compare', { type: 'compare' }),
      button('export-csv', 'Export CSV…', 'table', { type: 'export', format: 'csv' }),
      button('export-json', 'Export JSON…', 'json', { type: 'export', format: 'json' }),
    );
  }
}
