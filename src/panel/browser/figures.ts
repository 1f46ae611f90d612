import type { PanelFigure } from '../protocol.js';
import { element, setText, setTitle } from './dom.js';
import { nameText, tooltipText } from './text.js';

interface Cell {
  readonly box: HTMLElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
}

/** The row of figures. Cells stay as they are and only their texts change, so that a tooltip stays open. */
export class Figures {
  public readonly element = element('dl', { id: 'figures', className: 'figures' });
  private readonly cells: Cell[] = [];

  public render(figures: readonly PanelFigure[], stale: boolean): void {
    this.element.classList.toggle('old', stale);
    this.element.hidden = figures.length === 0;
    while (this.cells.length > figures.length) this.cells.pop()?.box.remove();
    figures.forEach((figure, index) => {
      const cell = this.cells[index] ?? this.addCell();
      cell.box.dataset['figure'] = figure.label;
      setText(cell.label, nameText(figure.label));
      setText(cell.value, nameText(figure.value));
      setTitle(cell.value, nameText(figure.value));
      setTitle(cell.box, tooltipText(figure.meaning));
    });
  }

  private addCell(): Cell {
    const label = element('dt');
    const value = element('dd');
    const box = element('div', { className: 'figure' }, label, value);
    this.element.append(box);
    const cell: Cell = { box, label, value };
    this.cells.push(cell);
    return cell;
  }
}
