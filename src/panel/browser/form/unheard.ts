import type { FormField, FormSelect, FormSet, FormText, FormView, FromForm } from '../../formProtocol.js';

/**
 * What was said to the extension and is not in its views yet. A view that was made before a change, as the answer to a preset just
 * chosen may be, does not undo it: whatever was changed last stands, until a view comes that knows of it.
 */
export class Unheard {
  private said = 0;
  private waiting: readonly { readonly place: number; readonly message: FromForm }[] = [];

  /** It is being said. */
  public add(message: FromForm): void {
    this.said += 1;
    this.waiting = [...this.waiting, { place: this.said, message }];
  }

  /** The view as it is to be shown; `heard` of what was said are in it. */
  public over(view: FormView, heard: number): FormView {
    this.waiting = this.waiting.filter(({ place }) => place > heard);
    return this.waiting.reduce((shown, { message }) => withChange(shown, message), view);
  }
}

function withChange(view: FormView, message: FromForm): FormView {
  return {
    ...view,
    destination: withChosen(view.destination, message),
    way: view.way.map((field) => withTyped(field, message)),
    preset: withChosen(view.preset, message),
    groups: view.groups.map((group) => ({ ...group, fields: group.fields.map((field) => withValue(field, message)) })),
  };
}

function withValue(field: FormField, message: FromForm): FormField {
  switch (field.kind) {
    case 'flag':
      return message.type === 'flag' && message.field === field.id ? { ...field, on: message.on } : field;
    case 'text':
      return withTyped(field, message);
    case 'select':
      return withChosen(field, message);
    case 'set':
      return withMember(field, message);
  }
}

function withTyped<Field extends FormText>(field: Field, message: FromForm): Field {
  return message.type === 'text' && message.field === field.id ? { ...field, text: message.text } : field;
}

/** What is not among its entries any more can't be shown. */
function withChosen<Field extends FormSelect>(field: Field, message: FromForm): Field {
  if (message.type !== 'text' || message.field !== field.id) return field;
  return field.choices.some(({ value }) => value === message.text) ? { ...field, value: message.text } : field;
}

function withMember<Field extends FormSet>(field: Field, message: FromForm): Field {
  if (message.type !== 'member' || message.field !== field.id) return field;
  const others = field.values.filter((value) => value !== message.value);
  return { ...field, values: message.on ? [...others, message.value] : others };
}
