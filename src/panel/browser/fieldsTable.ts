import type { PanelField } from '../protocol.js';
import { copyButton } from './copyButton.js';
import { element, setJoinedWords, setText, setTitle } from './dom.js';
import { nameText, tooltipText } from './text.js';

interface Row {
  readonly row: HTMLTableRowElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  readonly name: HTMLElement;
}

/** All that domjobinfo printed, unknown fields too. Rows are kept, so that a selection survives the next reading. */
export class FieldsTable {
  public readonly element: HTMLElement;
  private readonly body = element('tbody');
  private readonly rows: Row[] = [];
  private readonly none = element('p', { className: 'empty', text: 'None was read.' });
  private readonly table: HTMLElement;
  private fields: readonly PanelField[] = [];

  public constructor(copy: (text: string) => void) {
    const copyAll = copyButton('Copy all fields', () =>
      copy(this.fields.map(({ name, value }) => `${name}: ${value}`).join('\n')),
    );
    const head = element(
      'tr',
      {},
      ...['Field', 'Value', 'As printed'].map((text) => element('th', { text, attributes: { scope: 'col' } })),
    );
    this.table = element('table', { id: 'fields', className: 'fields' }, element('thead', {}, head), this.body);
    this.element = element(
      'section',
      { className: 'card', attributes: { 'aria-labelledby': 'fields-heading' } },
      element('div', { className: 'card-head' }, element('h2', { id: 'fields-heading', text: 'All fields' }), copyAll),
      this.none,
      this.table,
    );
  }

  public render(fields: readonly PanelField[]): void {
    this.fields = fields;
    this.none.hidden = fields.length > 0;
    this.table.hidden = fields.length === 0;
    // Where virsh printed for people, its names are the labels: once is enough.
    this.table.classList.toggle(
      'same-names',
      fields.every(({ name, label }) => name === label),
    );
    while (this.rows.length > fields.length) this.rows.pop()?.row.remove();
    fields.forEach((field, index) => {
      const row = this.rows[index] ?? this.addRow();
      row.row.dataset['field'] = field.name;
      setText(row.label, nameText(field.label));
      setText(row.value, nameText(field.value));
      setTitle(row.value, tooltipText(field.value));
      setJoinedWords(row.name, nameText(field.name));
      setTitle(row.name, tooltipText(field.name));
    });
  }

  private addRow(): Row {
    const label = element('bdi');
    const value = element('td', { className: 'value' });
    const name = element('td', { className: 'as-printed' });
    const row = element('tr', {}, element('th', { attributes: { scope: 'row' } }, label), value, name);
    this.body.append(row);
    const added: Row = { row, label, value, name };
    this.rows.push(added);
    return added;
  }
}
