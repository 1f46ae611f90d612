import type { EvacuationInit, EvacuationUpdate, FromEvacuationPanel } from '../../evacuationProtocol.js';
import { Announcer } from '../announcer.js';
import { element } from '../dom.js';
import { Head } from './head.js';
import { LeftList } from './left.js';
import { DomainList } from './list.js';

/** The page of an evacuation: its parts in reading order. */
export class EvacuationPage {
  public readonly element: HTMLElement;
  private readonly announcer = new Announcer();
  private readonly head: Head;
  private readonly list: DomainList;
  private readonly left = new LeftList();

  public constructor(post: (message: FromEvacuationPanel) => void) {
    this.head = new Head((action) => post({ type: 'action', action }));
    this.list = new DomainList((action, id) => post({ type: 'rowAction', action, id }));
    this.element = element(
      'main',
      { id: 'evacuation' },
      this.head.element,
      element('div', { className: 'lists' }, this.list.element, this.left.element),
      this.announcer.element,
    );
  }

  /** Everything anew: the first message, or another evacuation of the host. */
  public show({ header, rows, left }: EvacuationInit): void {
    this.announcer.forget();
    this.head.forget();
    this.head.render(header);
    this.list.replace(rows);
    this.left.render(header.host, left);
    this.announcer.sentence(header.sentence);
  }

  public update({ header, rows, order }: EvacuationUpdate): void {
    if (header !== undefined) {
      this.head.render(header);
      this.announcer.sentence(header.notice ?? header.sentence);
    }
    if (rows !== undefined) this.list.update(rows);
    if (order !== undefined) this.list.order(order);
  }
}
