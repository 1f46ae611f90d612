import type { CheckResult, PreflightReport, Route } from '../preflight/model.js';
import type { MigrationOptions } from '../start/model.js';
import { type MigrationOption, migrationOptions } from '../start/options.js';
import { draftOf, type OptionDraft, withOptions } from './draft.js';
import type { TypedWay } from './remembered.js';

/** Where a migration goes: a host of the tree, or a URI that is typed. */
export type Target =
  { readonly kind: 'none' } | { readonly kind: 'host'; readonly name: string } | { readonly kind: 'uri' };

/** How the way to a host of the tree is being found. */
export type Search =
  | { readonly kind: 'idle' }
  | { readonly kind: 'looking' }
  /** `chosen`: which of the routes the fields hold; undefined where something was typed. */
  | { readonly kind: 'found'; readonly routes: readonly Route[]; readonly chosen: number | undefined };

export type PreflightState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly checks: readonly CheckResult[] }
  /** `options`: those it was made for; others may be chosen since. */
  | { readonly kind: 'done'; readonly report: PreflightReport; readonly options: MigrationOptions };

export type StartState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  /** virsh runs; its migration is not seen yet. */
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly text: string };

/** All that a form holds. What the hosts are and have comes beside it, see view.ts. */
export interface FormState {
  readonly source: string;
  readonly domainUuid: string;
  readonly target: Target;
  readonly way: TypedWay;
  readonly search: Search;
  /** libvirt's defaults for this domain. */
  readonly defaults: MigrationOptions;
  readonly draft: OptionDraft;
  /** The preset that was chosen; undefined for options of the user's own. */
  readonly preset: string | undefined;
  /** The options were changed here, so that another destination's last choice does not take their place. */
  readonly edited: boolean;
  readonly preflight: PreflightState;
  readonly start: StartState;
}

export type FormEvent =
  | { readonly type: 'flag'; readonly field: string; readonly on: boolean }
  | { readonly type: 'text'; readonly field: string; readonly text: string }
  | { readonly type: 'member'; readonly field: string; readonly value: string; readonly on: boolean }
  | { readonly type: 'target'; readonly target: Target }
  /** Options from elsewhere: a preset, the last choice, a command's argument. `edited`: by the user's will, now. */
  | {
      readonly type: 'options';
      readonly options: MigrationOptions;
      readonly preset: string | undefined;
      readonly edited: boolean;
    }
  | { readonly type: 'change'; readonly change: Partial<MigrationOptions> }
  | { readonly type: 'defaults'; readonly defaults: MigrationOptions }
  | { readonly type: 'typed'; readonly way: TypedWay }
  | { readonly type: 'looking' }
  | { readonly type: 'found'; readonly routes: readonly Route[] }
  | { readonly type: 'route'; readonly index: number }
  | { readonly type: 'checking' }
  | { readonly type: 'checked'; readonly check: CheckResult }
  | { readonly type: 'report'; readonly report: PreflightReport; readonly options: MigrationOptions }
  | { readonly type: 'unchecked' }
  | { readonly type: 'start'; readonly start: StartState };

const noWay: TypedWay = { destinationUri: '', migrationUri: '' };

export function newForm(source: string, domainUuid: string, defaults: MigrationOptions): FormState {
  return {
    source,
    domainUuid,
    target: { kind: 'none' },
    way: noWay,
    search: { kind: 'idle' },
    defaults,
    draft: draftOf(defaults),
    preset: undefined,
    edited: false,
    preflight: { kind: 'none' },
    start: { kind: 'idle' },
  };
}

/** The form after something was typed, pressed or found out. A field that there is none of changes nothing. */
export function reduce(state: FormState, event: FormEvent): FormState {
  switch (event.type) {
    case 'flag':
      return withFlag(state, event.field, event.on);
    case 'text':
      return withText(state, event.field, event.text);
    case 'member':
      return withMember(state, event.field, event.value, event.on);
    case 'target':
      return {
        ...state,
        target: event.target,
        way: noWay,
        search: { kind: 'idle' },
        preflight: { kind: 'none' },
        start: state.start.kind === 'refused' ? { kind: 'idle' } : state.start,
      };
    case 'options':
      return {
        ...state,
        draft: draftOf(event.options),
        preset: event.preset,
        edited: event.edited || state.edited,
      };
    case 'change':
      return changed(state, withOptions(state.draft, event.change));
    case 'defaults': {
      const { persistent, undefineSource } = event.defaults;
      // Learnt after the form was opened: what was switched meanwhile stays.
      const flags = {
        ...state.draft.flags,
        ...(state.draft.flags.persistent === state.defaults.persistent ? { persistent } : {}),
        ...(state.draft.flags.undefineSource === state.defaults.undefineSource ? { undefineSource } : {}),
      };
      return { ...state, defaults: event.defaults, draft: { ...state.draft, flags } };
    }
    case 'typed':
      return { ...state, way: event.way, search: withoutChosen(state.search) };
    case 'looking':
      return { ...state, search: { kind: 'looking' } };
    case 'found': {
      const typed = state.way.destinationUri !== '' || state.way.migrationUri !== '';
      const found: FormState = { ...state, search: { kind: 'found', routes: event.routes, chosen: undefined } };
      return typed ? found : withRoute(found, 0);
    }
    case 'route':
      return withRoute(state, event.index);
    case 'checking':
      return { ...state, preflight: { kind: 'running', checks: [] } };
    case 'checked': {
      if (state.preflight.kind !== 'running') return state;
      const others = state.preflight.checks.filter(({ id }) => id !== event.check.id);
      return { ...state, preflight: { kind: 'running', checks: [...others, event.check] } };
    }
    case 'report':
      return { ...state, preflight: { kind: 'done', report: event.report, options: event.options } };
    case 'unchecked':
      return { ...state, preflight: { kind: 'none' } };
    case 'start':
      return { ...state, start: event.start };
  }
}

function withFlag(state: FormState, field: string, on: boolean): FormState {
  const option = optionOf(field);
  if (option?.kind !== 'flag') return state;
  return changed(state, { ...state.draft, flags: { ...state.draft.flags, [option.key]: on } });
}

function withText(state: FormState, field: string, text: string): FormState {
  if (field === 'destinationUri' || field === 'migrationUri') {
    return { ...state, way: { ...state.way, [field]: text }, search: withoutChosen(state.search) };
  }
  const option = optionOf(field);
  if (option?.kind === 'number') {
    return changed(state, { ...state.draft, numbers: { ...state.draft.numbers, [option.key]: text } });
  }
  if (option?.key === 'storage') {
    const choice = option.choices.find(({ value }) => value === text);
    return choice === undefined ? state : changed(state, { ...state.draft, storage: choice.value });
  }
  if (option?.key === 'timeoutAction') {
    const choice = option.choices.find(({ value }) => value === text);
    return choice === undefined ? state : changed(state, { ...state.draft, timeoutAction: choice.value });
  }
  return state;
}

function withMember(state: FormState, field: string, value: string, on: boolean): FormState {
  const option = optionOf(field);
  if (option?.kind !== 'set') return state;
  const { compressionMethods: before } = state.draft;
  // In the table's order, however they are clicked.
  const compressionMethods = option.choices
    .map((choice) => choice.value)
    .filter((method) => (method === value ? on : before.includes(method)));
  return changed(state, { ...state.draft, compressionMethods });
}

function withRoute(state: FormState, index: number): FormState {
  if (state.search.kind !== 'found') return state;
  const route = state.search.routes[index];
  if (route === undefined) return state;
  return {
    ...state,
    way: { destinationUri: route.destinationUri, migrationUri: route.migrationUri ?? '' },
    search: { ...state.search, chosen: index },
  };
}

function withoutChosen(search: Search): Search {
  return search.kind === 'found' ? { ...search, chosen: undefined } : search;
}

function changed(state: FormState, draft: OptionDraft): FormState {
  return { ...state, draft, preset: undefined, edited: true };
}

function optionOf(field: string): MigrationOption | undefined {
  return migrationOptions.find(({ key }) => key === field);
}
