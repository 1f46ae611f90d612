/**
 * What the page of the form "Migrate web-1" and the extension say to each other. The page decides nothing: it shows a `FormView` and
 * tells what was typed or pressed; the answer is another view. Plain JSON; every text in it may come from a host and is set as text.
 */

/** One entry of a select. */
export interface FormChoice {
  readonly value: string;
  readonly label: string;
}

interface FieldCommon {
  /** Unique in the form. */
  readonly id: string;
  readonly label: string;
  /** What it is for, one sentence. */
  readonly help: string;
  /** Why its value can't be sent. */
  readonly problem: string | undefined;
}

/** On or off. */
export interface FormFlag extends FieldCommon {
  readonly kind: 'flag';
  readonly on: boolean;
}

/** A line that is typed; a number has its unit beside it. */
export interface FormText extends FieldCommon {
  readonly kind: 'text';
  readonly text: string;
  /** What holds while it is empty. */
  readonly placeholder: string;
  /** `MiB/s`; undefined for one that is no number. */
  readonly unit: string | undefined;
}

/** One of several. */
export interface FormSelect extends FieldCommon {
  readonly kind: 'select';
  readonly value: string;
  readonly choices: readonly FormChoice[];
}

/** Any of several. */
export interface FormSet extends FieldCommon {
  readonly kind: 'set';
  readonly values: readonly string[];
  readonly choices: readonly FormChoice[];
}

/** `depth` 1 for one that is there only because of the one above it. */
export type FormField = (FormFlag | FormText | FormSelect | FormSet) & { readonly depth?: number };

/** The options of one purpose. */
export interface FormGroup {
  readonly id: string;
  readonly title: string;
  readonly fields: readonly FormField[];
}

/** How the way to the destination was found. `tone` is read from icon and words; the colour repeats it. */
export interface FormNote {
  readonly tone: 'busy' | 'good' | 'warning' | 'bad' | 'neutral';
  readonly text: string;
}

/** One line of the pre-flight. */
export interface FormCheck {
  readonly id: string;
  readonly verdict: 'passed' | 'warned' | 'failed' | 'unknown';
  readonly title: string;
  readonly reason: string;
  readonly advice: string | undefined;
}

export interface FormPreflight {
  readonly running: boolean;
  /** How it stands, in a few words: `2 failed, 1 warned, 10 passed`. */
  readonly summary: FormNote;
  readonly checks: readonly FormCheck[];
  /** What to expect, one sentence. */
  readonly expectation: FormNote | undefined;
  /** Options that would make it converge, each by its place in the list. */
  readonly suggestions: readonly string[];
}

/** A way to the destination. Those that did not answer when they were tried are folded away, with the reason. */
export interface FormWay {
  readonly label: string;
  readonly answers: boolean | undefined;
  readonly reason: string;
}

/** All that the page shows. */
export interface FormView {
  readonly guest: { readonly name: string; readonly title: string | undefined; readonly about: string };
  readonly source: string;
  readonly destination: FormSelect;
  /** The URI and the address; empty until a destination is chosen. */
  readonly way: readonly FormText[];
  readonly wayNote: FormNote | undefined;
  /** Other ways that were found, each by its place in the list. */
  readonly otherWays: readonly FormWay[];
  readonly preset: FormSelect;
  /** What of the last choice or a preset was left out, and why. */
  readonly leftOut: string | undefined;
  readonly groups: readonly FormGroup[];
  /** The exact line; undefined while there is none. */
  readonly line: string | undefined;
  readonly preflight: FormPreflight;
  readonly start: { readonly enabled: boolean; readonly busy: boolean; readonly why: string };
  /** libvirt's own words, after it refused. */
  readonly refusal: string | undefined;
}

export interface ToForm {
  readonly type: 'view';
  readonly view: FormView;
  /** How many of the page's messages since its `ready` are in it: what was said after them is newer than the view. */
  readonly heard: number;
}

/** The limits of what a page may send; a message beyond them is no message of the form's. */
export const formLimits = { text: 4000, copy: 20_000, id: 100, index: 1000 } as const;

export type FromForm =
  /** The page runs and shows nothing yet. */
  | { readonly type: 'ready' }
  /** A flag was switched, a line typed, an entry chosen: `value` as the field has it. */
  | { readonly type: 'flag'; readonly field: string; readonly on: boolean }
  | { readonly type: 'text'; readonly field: string; readonly text: string }
  | { readonly type: 'member'; readonly field: string; readonly value: string; readonly on: boolean }
  | { readonly type: 'way'; readonly index: number }
  | { readonly type: 'suggestion'; readonly index: number }
  | { readonly type: 'press'; readonly button: FormButton }
  | { readonly type: 'copy'; readonly text: string };

export type FormButton = 'check' | 'migrate' | 'cancel' | 'savePreset' | 'editPresets';
