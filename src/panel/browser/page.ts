import type { FromPanel, PanelInit, PanelMark, PanelSample, PanelUpdate } from '../protocol.js';
import { Announcer } from './announcer.js';
import { Buttons } from './buttons.js';
import { Charts } from './charts.js';
import { element } from './dom.js';
import { FieldsTable } from './fieldsTable.js';
import { Figures } from './figures.js';
import { Header } from './header.js';
import { ActionLog } from './log.js';
import type { PanelHeader } from '../protocol.js';

/** The page: its parts in reading order, and the history that its charts are drawn from. */
export class Page {
  public readonly element: HTMLElement;
  private readonly announcer = new Announcer();
  private readonly header = new Header();
  private readonly figures = new Figures();
  private readonly buttons: Buttons;
  private readonly charts: Charts;
  private readonly fields: FieldsTable;
  private readonly log: ActionLog;
  private samples: PanelSample[] = [];
  private marks: PanelMark[] = [];
  private ended = false;
  private drawing = false;

  public constructor(post: (message: FromPanel) => void) {
    const copy = (text: string) => {
      post({ type: 'copy', text });
      this.announcer.say('Copied');
    };
    this.buttons = new Buttons((action) => post({ type: 'action', action }));
    this.charts = new Charts((text) => this.announcer.say(text));
    this.fields = new FieldsTable(copy);
    this.log = new ActionLog(copy);
    this.element = element(
      'main',
      { id: 'migration' },
      this.header.element,
      this.figures.element,
      this.buttons.element,
      this.charts.element,
      element('div', { className: 'cards' }, this.log.element, this.fields.element),
      this.announcer.element,
    );
  }

  /** Everything anew: the first message, or one after the page lost touch. */
  public show(init: PanelInit, isOther: boolean): void {
    if (isOther) {
      this.announcer.forget();
      this.charts.reset();
    }
    this.samples = [...init.samples];
    this.marks = [...init.marks];
    this.setHeader(init.header);
    this.fields.render(init.fields);
    this.log.clear();
    this.log.append(init.log);
    this.draw();
  }

  public update(update: PanelUpdate): void {
    const { header, samples = [], marks = [], fields, log } = update;
    const endedBefore = this.ended;
    if (header !== undefined) this.setHeader(header);
    if (fields !== undefined) this.fields.render(fields);
    if (log !== undefined) this.log.append(log);
    for (const sample of samples) this.samples.push(sample);
    for (const mark of marks) this.marks.push(mark);
    if (samples.length > 0 || marks.length > 0 || this.ended !== endedBefore) this.draw();
  }

  public setTheme(): void {
    this.charts.setTheme();
  }

  private setHeader(header: PanelHeader): void {
    this.ended = header.ended;
    this.header.render(header);
    this.figures.render(header.figures, header.stale !== undefined);
    this.buttons.render(header);
    this.announcer.sentence(header.stale ?? header.sentence);
    this.element.dataset['tone'] = header.tone;
  }

  /** However many messages come, the charts are drawn once a frame; a hidden page has no frames, and draws when shown. */
  private draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.charts.setData(this.samples, this.marks, this.ended);
    });
  }
}
