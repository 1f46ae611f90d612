import type { FormChoice, FormField, FormFlag, FormSelect, FormSet, FormText, FromForm } from '../../formProtocol.js';
import { element, icon, setAttribute, setText } from '../dom.js';
import { answerText, nameText } from '../text.js';
import { type Part, PartList } from './parts.js';

export type Post = (message: FromForm) => void;

/** The part for a field; one that becomes another kind gets another key. */
export function fieldList(container: HTMLElement, post: Post): PartList<FormField> {
  return new PartList(
    container,
    ({ kind, id }) => `${kind} ${id}`,
    (field) => makeField(field, post),
  );
}

function makeField(field: FormField, post: Post): Part<FormField> {
  switch (field.kind) {
    case 'flag':
      return only('flag', new FlagField(field, post));
    case 'text':
      return only('text', new TextField(field, post));
    case 'select':
      return only('select', new SelectField(field, post));
    case 'set':
      return only('set', new SetField(field, post));
  }
}

/** A part is kept by kind and id, so that it only ever meets its own kind. */
function only<Kind extends FormField['kind']>(
  kind: Kind,
  part: Part<Extract<FormField, { kind: Kind }>>,
): Part<FormField> {
  const isMine = (field: FormField): field is Extract<FormField, { kind: Kind }> => field.kind === kind;
  return {
    element: part.element,
    render: (field) => {
      part.element.dataset['depth'] = String(field.depth ?? 0);
      if (isMine(field)) part.render(field);
    },
  };
}

/** What is below every field: what it is for, and what is wrong with it. */
class Notes {
  public readonly help: HTMLElement;
  public readonly problem: HTMLElement;
  private readonly problemText = element('span');

  public constructor(id: string) {
    this.help = element('p', { id: `${id}-help`, className: 'help' });
    this.problem = element(
      'p',
      { id: `${id}-problem`, className: 'problem', attributes: { 'aria-live': 'polite' } },
      icon('error'),
      this.problemText,
    );
  }

  public render(control: HTMLElement, { help, problem }: Pick<FormField, 'help' | 'problem'>): void {
    setText(this.help, answerText(help));
    this.help.hidden = help === '';
    setText(this.problemText, answerText(problem ?? ''));
    this.problem.hidden = problem === undefined;
    setAttribute(control, 'aria-invalid', String(problem !== undefined));
    setAttribute(control, 'aria-describedby', problem === undefined ? this.help.id : this.problem.id);
  }
}

function controlId(field: Pick<FormField, 'id'>): string {
  return `field-${field.id}`;
}

function frame(field: Pick<FormField, 'id' | 'kind'>, ...children: readonly Node[]): HTMLElement {
  return element('div', { className: `field ${field.kind}`, attributes: { 'data-field': field.id } }, ...children);
}

class FlagField implements Part<FormFlag> {
  public readonly element: HTMLElement;
  private readonly box: HTMLInputElement;
  private readonly label: HTMLElement;
  private readonly notes: Notes;

  public constructor(field: FormFlag, post: Post) {
    const id = controlId(field);
    this.box = element('input', { id, attributes: { type: 'checkbox' } });
    this.label = element('label', { attributes: { for: id } });
    this.notes = new Notes(id);
    this.box.addEventListener('change', () => post({ type: 'flag', field: field.id, on: this.box.checked }));
    const texts = element('div', { className: 'flag-texts' }, this.label, this.notes.problem, this.notes.help);
    this.element = frame(field, this.box, texts);
  }

  public render(field: FormFlag): void {
    setText(this.label, field.label);
    if (this.box.checked !== field.on) this.box.checked = field.on;
    this.notes.render(this.box, field);
  }
}

export class TextField implements Part<FormText> {
  public readonly element: HTMLElement;
  private readonly box: HTMLInputElement;
  private readonly label: HTMLElement;
  private readonly unit = element('span', { className: 'unit' });
  private readonly notes: Notes;
  private before = '';

  public constructor(field: FormText, post: Post) {
    const id = controlId(field);
    this.box = element('input', {
      id,
      attributes: { type: 'text', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' },
    });
    if (field.unit !== undefined) this.box.inputMode = 'numeric';
    this.label = element('label', { attributes: { for: id } });
    this.notes = new Notes(id);
    const tell = (): void => post({ type: 'text', field: field.id, text: this.box.value });
    this.box.addEventListener('input', tell);
    this.box.addEventListener('focus', () => (this.before = this.box.value));
    this.box.addEventListener('keydown', (event) => {
      // What was typed is taken back; a second Escape is the page's.
      if (event.key !== 'Escape' || this.box.value === this.before) return;
      event.stopPropagation();
      this.box.value = this.before;
      tell();
    });
    const line = element('div', { className: 'line' }, this.box, this.unit);
    this.element = frame(field, this.label, line, this.notes.problem, this.notes.help);
    this.element.classList.toggle('number', field.unit !== undefined);
  }

  public render(field: FormText): void {
    setText(this.label, field.label);
    setText(this.unit, field.unit ?? '');
    this.unit.hidden = field.unit === undefined;
    // What is being typed is newer than any view.
    if (document.activeElement !== this.box && this.box.value !== field.text) this.box.value = field.text;
    if (this.box.placeholder !== field.placeholder) this.box.placeholder = nameText(field.placeholder);
    this.notes.render(this.box, field);
  }
}

function renderChoices(select: HTMLSelectElement, choices: readonly FormChoice[], value: string): void {
  const same =
    select.options.length === choices.length &&
    choices.every((choice, index) => {
      const option = select.options[index];
      return option?.value === choice.value && option.text === nameText(choice.label);
    });
  if (!same) {
    select.replaceChildren(
      ...choices.map((choice) =>
        element('option', { text: nameText(choice.label), attributes: { value: choice.value } }),
      ),
    );
  }
  if (select.value !== value) select.value = value;
}

export class SelectField implements Part<FormSelect> {
  public readonly element: HTMLElement;
  private readonly select: HTMLSelectElement;
  private readonly label: HTMLElement;
  private readonly notes: Notes;

  public constructor(field: FormSelect, post: Post, ...beside: readonly Node[]) {
    const id = controlId(field);
    this.select = element('select', { id });
    this.label = element('label', { attributes: { for: id } });
    this.notes = new Notes(id);
    this.select.addEventListener('change', () => post({ type: 'text', field: field.id, text: this.select.value }));
    const arrow = element('span', { className: 'dropdown' }, this.select, icon('chevron-down'));
    const line = element('div', { className: 'line' }, arrow, ...beside);
    this.element = frame(field, this.label, line, this.notes.problem, this.notes.help);
  }

  public render(field: FormSelect): void {
    setText(this.label, field.label);
    renderChoices(this.select, field.choices, field.value);
    this.notes.render(this.select, field);
  }
}

class SetField implements Part<FormSet> {
  public readonly element: HTMLElement;
  private readonly group: HTMLElement;
  private readonly label: HTMLElement;
  private readonly members: PartList<FormChoice>;
  private readonly notes: Notes;
  private on: ReadonlySet<string> = new Set();

  public constructor(field: FormSet, post: Post) {
    const id = controlId(field);
    this.label = element('span', { id: `${id}-label`, className: 'label' });
    this.group = element('div', { id, className: 'members', attributes: { role: 'group' } });
    this.group.setAttribute('aria-labelledby', this.label.id);
    this.notes = new Notes(id);
    this.members = new PartList(
      this.group,
      ({ value }) => value,
      ({ value }) => {
        const memberId = `${id}-${value}`;
        const box = element('input', { id: memberId, attributes: { type: 'checkbox' } });
        const label = element('label', { attributes: { for: memberId } });
        box.addEventListener('change', () => post({ type: 'member', field: field.id, value, on: box.checked }));
        return {
          element: element('span', { className: 'member' }, box, label),
          render: (choice) => {
            setText(label, choice.label);
            const on = this.on.has(value);
            if (box.checked !== on) box.checked = on;
          },
        };
      },
    );
    this.element = frame(field, this.label, this.group, this.notes.problem, this.notes.help);
  }

  public render(field: FormSet): void {
    setText(this.label, field.label);
    this.on = new Set(field.values);
    this.members.render(field.choices);
    this.notes.render(this.group, field);
  }
}
