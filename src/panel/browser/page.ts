import type {
  FromPanel,
  PanelField,
  PanelInit,
  PanelLogEntry,
  PanelMark,
  PanelMoment,
  PanelSample,
  PanelUpdate,
} from '../protocol.js';
import { Announcer } from './announcer.js';
import { Buttons } from './buttons.js';
import { Charts } from './charts.js';
import { element } from './dom.js';
import { FieldsTable } from './fieldsTable.js';
import { Figures } from './figures.js';
import { Header } from './header.js';
import { ActionLog } from './log.js';
import { Playback } from './playback.js';
import { ProgressBar } from './progress.js';
import { Toolbar } from './toolbar.js';
import { Ways } from './ways.js';
import type { PanelHeader } from '../protocol.js';

/** The page: its parts in reading order, and the history that its charts are drawn from. */
export class Page {
  public readonly element: HTMLElement;
  private readonly announcer = new Announcer();
  private readonly header = new Header();
  private readonly figures = new Figures();
  private readonly progress = new ProgressBar();
  private readonly ways: Ways;
  private readonly buttons: Buttons;
  private readonly toolbar: Toolbar;
  private readonly playback: Playback;
  private readonly charts: Charts;
  private readonly fields: FieldsTable;
  private readonly log: ActionLog;
  private samples: PanelSample[] = [];
  private marks: PanelMark[] = [];
  private latest: PanelHeader | undefined;
  private lastFields: readonly PanelField[] = [];
  private entries: PanelLogEntry[] = [];
  /** The moment of the past that is shown; undefined for how it is now, or has ended. */
  private moment: PanelMoment | undefined;
  private ended = false;
  private drawing = false;

  public constructor(private readonly post: (message: FromPanel) => void) {
    const copy = (text: string) => {
      post({ type: 'copy', text });
      this.announcer.say('Copied');
    };
    this.buttons = new Buttons((action) => post({ type: 'action', action }));
    this.ways = new Ways(({ way, value }) => post({ type: 'way', way, value }));
    this.toolbar = new Toolbar(post);
    this.playback = new Playback((elapsedMs) => this.go(elapsedMs));
    this.charts = new Charts((text) => this.announcer.say(text));
    this.fields = new FieldsTable(copy);
    this.log = new ActionLog(copy);
    this.element = element(
      'main',
      { id: 'migration' },
      this.header.element,
      this.progress.element,
      element('div', { className: 'past' }, this.playback.element, this.toolbar.element),
      this.figures.element,
      this.ways.element,
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
    this.entries = [...init.log];
    this.lastFields = init.fields;
    this.latest = init.header;
    this.playback.setSamples(this.samples, init.header.ended);
    this.go(this.playback.moment);
  }

  public update(update: PanelUpdate): void {
    const { header, samples = [], marks = [], fields, log = [] } = update;
    const endedBefore = this.latest?.ended;
    this.latest = header ?? this.latest;
    this.lastFields = fields ?? this.lastFields;
    for (const sample of samples) this.samples.push(sample);
    for (const mark of marks) this.marks.push(mark);
    this.entries.push(...log);
    const hasEnded = this.latest?.ended === true;
    if (hasEnded) this.playback.setSamples(this.samples, hasEnded);
    // Whoever looks at a moment of the past stays there.
    if (this.moment !== undefined) return;
    if (header !== undefined) this.setHeader(header);
    if (fields !== undefined) this.fields.render(fields);
    this.log.append(log);
    if (samples.length > 0 || marks.length > 0 || hasEnded !== endedBefore) this.draw();
  }

  /** The answer to what `go` asked for. An older one, which was overtaken, is passed over. */
  public showMoment(moment: PanelMoment): void {
    if (moment.elapsedMs !== this.playback.moment) return;
    this.moment = moment;
    this.setHeader(moment.header);
    this.playback.say(moment.said);
    this.fields.render(moment.fields);
    this.log.clear();
    this.log.append(this.entries.filter(({ atMs }) => atMs <= moment.atMs));
    this.draw();
  }

  /** To a moment of the past, or to the end of what is known. */
  private go(elapsedMs: number | undefined): void {
    if (elapsedMs !== undefined) {
      this.post({ type: 'moment', elapsedMs });
      return;
    }
    this.moment = undefined;
    if (this.latest !== undefined) this.setHeader(this.latest);
    this.fields.render(this.lastFields);
    this.log.clear();
    this.log.append(this.entries);
    this.draw();
  }

  public setTheme(): void {
    this.charts.setTheme();
  }

  private setHeader(header: PanelHeader): void {
    this.ended = header.ended;
    this.header.render(header);
    this.progress.render(header.progress);
    this.ways.render(header.ways, header.taken);
    this.toolbar.element.hidden = !header.ended;
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
      const untilMs = this.moment?.elapsedMs;
      this.element.dataset['moment'] = String(untilMs ?? '');
      this.charts.setData(this.samples, this.marks, this.ended, untilMs);
    });
  }
}
