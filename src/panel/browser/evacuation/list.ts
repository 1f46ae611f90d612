import type { EvacuationRow, EvacuationRowAction, EvacuationStatus } from '../../evacuationProtocol.js';
import { element, icon, setText, setTitle } from '../dom.js';
import { answerText, nameText, tooltipText } from '../text.js';
import { ButtonRow } from './buttons.js';

/** A status is read from the icon and the words; the colour repeats it. */
const STATUS_ICONS: Readonly<Record<EvacuationStatus, string>> = {
  waiting: 'circle-large-outline',
  checking: 'checklist',
  migrating: 'sync',
  done: 'pass',
  failed: 'error',
  skipped: 'debug-step-over',
  cancelled: 'circle-slash',
};

interface Shown {
  readonly row: HTMLTableRowElement;
  readonly name: HTMLElement;
  readonly destination: HTMLElement;
  readonly status: HTMLElement;
  readonly statusText: HTMLElement;
  readonly detail: HTMLElement;
  readonly hint: HTMLElement;
  readonly buttons: ButtonRow<EvacuationRowAction>;
  icon: HTMLElement;
}

/** A row a domain, kept over updates, so that a selection and the focus survive the next second. */
export class DomainList {
  public readonly element: HTMLElement;
  private readonly body = element('tbody');
  private readonly shown = new Map<string, Shown>();
  private readonly none = element('p', { className: 'empty', text: 'No domain leaves.' });
  private readonly table: HTMLElement;

  public constructor(private readonly act: (action: EvacuationRowAction, id: string) => void) {
    const head = element(
      'tr',
      {},
      ...['Domain', 'To', 'State', 'Details', 'Actions'].map((text) =>
        element('th', { attributes: { scope: 'col' } }, element('span', { text })),
      ),
    );
    this.table = element('table', { id: 'domains', className: 'domains' }, element('thead', {}, head), this.body);
    this.element = element(
      'section',
      { className: 'card', attributes: { 'aria-labelledby': 'domains-heading' } },
      element('div', { className: 'card-head' }, element('h2', { id: 'domains-heading', text: 'Domains' })),
      this.none,
      this.table,
    );
  }

  public replace(rows: readonly EvacuationRow[]): void {
    const wanted = new Set(rows.map(({ id }) => id));
    for (const [id, { row }] of this.shown) {
      if (wanted.has(id)) continue;
      row.remove();
      this.shown.delete(id);
    }
    this.update(rows);
    this.order(rows.map(({ id }) => id));
    this.none.hidden = rows.length > 0;
    this.table.hidden = rows.length === 0;
  }

  public update(rows: readonly EvacuationRow[]): void {
    for (const row of rows) this.render(row);
  }

  public order(ids: readonly string[]): void {
    ids.forEach((id, index) => {
      const row = this.shown.get(id)?.row;
      const place = this.body.children[index] ?? null;
      if (row !== undefined && row !== place) this.body.insertBefore(row, place);
    });
  }

  private render(row: EvacuationRow): void {
    const shown = this.shown.get(row.id) ?? this.add(row.id);
    setText(shown.name, nameText(row.name));
    setTitle(shown.name, tooltipText(row.name));
    setText(shown.destination, nameText(row.destination));
    setTitle(shown.destination, tooltipText(row.destination));
    setText(shown.statusText, nameText(row.text));
    setText(shown.detail, answerText(row.detail));
    setText(shown.hint, answerText(row.hint ?? ''));
    shown.hint.hidden = row.hint === undefined;
    shown.buttons.render(row.buttons, row.name);
    if (shown.row.dataset['status'] === row.status) return;
    shown.row.dataset['status'] = row.status;
    const next = icon(STATUS_ICONS[row.status]);
    shown.icon.replaceWith(next);
    shown.icon = next;
  }

  private add(id: string): Shown {
    const name = element('bdi', { className: 'name' });
    const destination = element('bdi', { className: 'name' });
    const statusText = element('span');
    const firstIcon = icon(STATUS_ICONS.waiting);
    const status = element('span', { className: 'status' }, firstIcon, statusText);
    const detail = element('div', { className: 'detail' });
    const hint = element('div', { className: 'hint' });
    const buttons = new ButtonRow<EvacuationRowAction>(
      { label: 'What can be done about this domain', className: () => 'plain small' },
      (action) => this.act(action, id),
    );
    const row = element(
      'tr',
      { attributes: { 'data-domain': id } },
      element('th', { className: 'domain', attributes: { scope: 'row' } }, name),
      element('td', { className: 'to' }, destination),
      element('td', { className: 'state' }, status),
      element('td', { className: 'said' }, detail, hint),
      element('td', { className: 'actions' }, buttons.element),
    );
    this.body.append(row);
    const shown: Shown = { row, name, destination, status, statusText, detail, hint, buttons, icon: firstIcon };
    this.shown.set(id, shown);
    return shown;
  }
}
