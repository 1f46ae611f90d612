import type { FormGroup, FormView, FromForm } from '../../formProtocol.js';
import { Announcer } from '../announcer.js';
import { element, setText, setTitle } from '../dom.js';
import { answerText, nameText, tooltipText } from '../text.js';
import { Checks } from './checks.js';
import { type Post, SelectField, fieldList } from './fields.js';
import { Footer } from './footer.js';
import { Note } from './note.js';
import { type Part, PartList } from './parts.js';
import { pressButton } from './pressButton.js';
import { OtherWays } from './ways.js';

/** The page: who, where to, how, what would stop it, and the line that will run, from top to bottom. */
export class FormPage {
  public readonly element: HTMLElement;
  private readonly announcer = new Announcer();
  private readonly head = new Head();
  private readonly destination: SelectField;
  private readonly way: ReturnType<typeof fieldList>;
  private readonly wayNote = new Note('way-note');
  private readonly otherWays: OtherWays;
  private readonly preset: SelectField;
  private readonly leftOut = new Note('left-out');
  private readonly groups: PartList<FormGroup>;
  private readonly checks: Checks;
  private readonly footer: Footer;
  private announced: string | undefined;

  public constructor(private readonly post: Post) {
    const copy = (text: string): void => {
      post({ type: 'copy', text });
      this.announcer.say('Copied');
    };
    const blank = { label: '', help: '', problem: undefined, kind: 'select', value: '', choices: [] } as const;
    this.destination = new SelectField({ ...blank, id: 'destination' }, post);
    this.preset = new SelectField(
      { ...blank, id: 'preset' },
      post,
      pressButton({ id: 'save-preset', label: 'Save as Preset…', className: 'plain' }, () =>
        post({ type: 'press', button: 'savePreset' }),
      ).element,
      pressButton({ id: 'edit-presets', label: 'Edit Presets', className: 'plain' }, () =>
        post({ type: 'press', button: 'editPresets' }),
      ).element,
    );
    const ways = element('div', { className: 'ways' });
    this.way = fieldList(ways, post);
    const groups = element('div', { id: 'groups', className: 'groups' });
    this.groups = new PartList(
      groups,
      ({ id }) => id,
      ({ id }) => new Group(id, post),
    );
    this.otherWays = new OtherWays(post);
    this.checks = new Checks(post);
    this.footer = new Footer(post, copy);
    this.element = element(
      'main',
      { id: 'form' },
      this.head.element,
      element(
        'div',
        { className: 'columns' },
        element(
          'div',
          { className: 'asked' },
          card('where', 'Where to', this.destination.element, ways, this.wayNote.element, this.otherWays.element),
          card('how', 'How', this.preset.element, this.leftOut.element, groups),
        ),
        this.checks.element,
      ),
      this.footer.element,
      this.announcer.element,
    );
    this.element.addEventListener('keydown', (event) => this.onKey(event));
  }

  public render(view: FormView): void {
    this.head.render(view);
    this.destination.render(view.destination);
    this.way.render(view.way);
    this.wayNote.render(view.wayNote);
    this.otherWays.render(view.otherWays);
    this.preset.render(view.preset);
    this.leftOut.render(view.leftOut === undefined ? undefined : { tone: 'neutral', text: view.leftOut });
    this.groups.render(view.groups);
    this.checks.render(view.preflight);
    this.footer.render(view);
    this.announce(view);
  }

  /** The first thing to decide. */
  public focusFirst(): void {
    this.element.querySelector<HTMLElement>('#field-destination')?.focus();
  }

  /** What came about without the reader's doing: how the pre-flight went. What was refused is an alert of its own. */
  private announce({ preflight }: FormView): void {
    const text = preflight.running
      ? 'Checking'
      : [preflight.summary.text, preflight.expectation?.text ?? ''].join(' ').trim();
    if (this.announced !== undefined && this.announced !== text) this.announcer.say(answerText(text));
    this.announced = text;
  }

  /**
   * Enter in a field checks anew, since that changes nothing; only with Ctrl (or Cmd) it migrates. Escape goes to Cancel, and from
   * there closes: what was filled in is not lost by one key.
   */
  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.footer.pressMigrate();
      return;
    }
    const { target } = event;
    if (event.key === 'Enter' && target instanceof HTMLInputElement) {
      event.preventDefault();
      this.post({ type: 'press', button: 'check' });
      return;
    }
    if (event.key === 'Escape') this.footer.escape();
  }
}

/** Who, and from where. */
class Head implements Part<FormView> {
  public readonly element: HTMLElement;
  private readonly name = element('bdi', { id: 'domain-name' });
  private readonly title = element('bdi', { id: 'domain-title', className: 'domain-title' });
  private readonly source = element('bdi', { id: 'source' });
  private readonly about = element('p', { id: 'about', className: 'about' });

  public constructor() {
    const heading = element('h1', {}, document.createTextNode('Migrate '), this.name);
    const from = element(
      'p',
      { className: 'route' },
      element('span', { className: 'arrow', text: 'from ' }),
      this.source,
    );
    this.element = element(
      'header',
      { className: 'head' },
      element('div', { className: 'head-row' }, heading, this.title, element('span', { className: 'head-tail' }, from)),
      this.about,
    );
  }

  public render({ guest, source }: FormView): void {
    setText(this.name, nameText(guest.name));
    setTitle(this.name, tooltipText(guest.name));
    const title = guest.title ?? '';
    this.title.hidden = title.trim() === '';
    setText(this.title, nameText(title));
    setTitle(this.title, tooltipText(title));
    setText(this.source, nameText(source));
    setText(this.about, answerText(guest.about));
  }
}

class Group implements Part<FormGroup> {
  public readonly element: HTMLElement;
  private readonly heading: HTMLElement;
  private readonly fields: ReturnType<typeof fieldList>;

  public constructor(id: string, post: (message: FromForm) => void) {
    this.heading = element('h3', { id: `group-${id}` });
    const fields = element('div', { className: 'fields-list' });
    this.element = element(
      'section',
      { className: 'group', attributes: { 'data-group': id, 'aria-labelledby': `group-${id}` } },
      this.heading,
      fields,
    );
    this.fields = fieldList(fields, post);
  }

  public render({ title, fields }: FormGroup): void {
    setText(this.heading, title);
    this.fields.render(fields);
  }
}

function card(id: string, title: string, ...children: readonly Node[]): HTMLElement {
  return element(
    'section',
    { id, className: 'card', attributes: { 'aria-labelledby': `${id}-heading` } },
    element('div', { className: 'card-head' }, element('h2', { id: `${id}-heading`, text: title })),
    element('div', { className: 'card-body' }, ...children),
  );
}
