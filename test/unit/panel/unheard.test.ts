import { describe, expect, it } from 'vitest';
import { Unheard } from '../../../src/panel/browser/form/unheard.js';
import type { FormField, FormView, FromForm } from '../../../src/panel/formProtocol.js';

interface Values {
  readonly preset?: string;
  readonly autoConverge: boolean;
  readonly bandwidth: string;
  readonly methods: readonly string[];
  readonly storage: string;
  readonly uri?: string;
}

const about = { label: '', help: '', problem: undefined };
const choices = (...values: readonly string[]) => values.map((value) => ({ value, label: value }));

/** The form with these values, as the extension would show it. */
function view({ preset = 'own', autoConverge, bandwidth, methods, storage, uri = '' }: Values): FormView {
  const text = { kind: 'text', placeholder: '', unit: undefined } as const;
  const fields: FormField[] = [
    { ...about, kind: 'flag', id: 'autoConverge', on: autoConverge },
    { ...about, ...text, id: 'bandwidthMiBps', text: bandwidth },
    { ...about, kind: 'set', id: 'compressionMethods', values: methods, choices: choices('xbzrle', 'zstd') },
    { ...about, kind: 'select', id: 'storage', value: storage, choices: choices('shared', 'copyAll') },
  ];
  return {
    guest: { name: 'web-1', title: undefined, about: '' },
    source: 'hv1',
    destination: {
      ...about,
      kind: 'select',
      id: 'destination',
      value: 'host hv2',
      choices: choices('host hv2', 'uri'),
    },
    way: [{ ...about, ...text, id: 'destinationUri', text: uri }],
    wayNote: undefined,
    otherWays: [],
    preset: { ...about, kind: 'select', id: 'preset', value: preset, choices: choices('own', 'preset Plain') },
    leftOut: undefined,
    groups: [{ id: 'Network', title: '', fields }],
    line: undefined,
    preflight: {
      running: false,
      summary: { tone: 'neutral', text: '' },
      checks: [],
      expectation: undefined,
      suggestions: [],
    },
    start: { enabled: true, busy: false, why: '' },
    refusal: undefined,
  };
}

const before: Values = { autoConverge: false, bandwidth: '100', methods: ['zstd'], storage: 'shared' };
/** What the preset makes of it. */
const plain: Values = { preset: 'preset Plain', autoConverge: false, bandwidth: '', methods: [], storage: 'shared' };
const choosePlain: FromForm = { type: 'text', field: 'preset', text: 'preset Plain' };
const changes: readonly FromForm[] = [
  { type: 'flag', field: 'autoConverge', on: true },
  { type: 'text', field: 'bandwidthMiBps', text: '1 GiB/s' },
  { type: 'member', field: 'compressionMethods', value: 'xbzrle', on: true },
  { type: 'text', field: 'storage', text: 'copyAll' },
  { type: 'text', field: 'destinationUri', text: 'qemu+tls://hv2/system' },
];
const changed: Values = {
  autoConverge: true,
  bandwidth: '1 GiB/s',
  methods: ['xbzrle'],
  storage: 'copyAll',
  uri: 'qemu+tls://hv2/system',
};

function said(...messages: readonly FromForm[]): Unheard {
  const unheard = new Unheard();
  for (const message of messages) unheard.add(message);
  return unheard;
}

describe('a field that is changed right after a preset was chosen', () => {
  it('stays as it was changed when the preset’s view comes, which does not know of it', () => {
    const unheard = said(choosePlain, ...changes);
    expect(unheard.over(view(plain), 1)).toEqual(view({ ...changed, preset: 'preset Plain' }));
    // The extension has heard all of it, in order: its word counts again.
    expect(unheard.over(view(changed), 6)).toEqual(view(changed));
  });

  it('leaves the other fields to the preset', () => {
    const unheard = said(choosePlain, { type: 'flag', field: 'autoConverge', on: true });
    expect(unheard.over(view(plain), 1)).toEqual(view({ ...plain, autoConverge: true }));
  });

  it('shows what was changed last, where it was changed more than once', () => {
    const typed = ['1', '10', '1'].map((text): FromForm => ({ type: 'text', field: 'bandwidthMiBps', text }));
    const unheard = said(choosePlain, ...typed);
    expect(unheard.over(view({ ...plain, bandwidth: '10' }), 3)).toEqual(view({ ...plain, bandwidth: '1' }));
  });

  it('is the preset’s where it was changed before that', () => {
    const unheard = said({ type: 'flag', field: 'autoConverge', on: true }, choosePlain);
    expect(unheard.over(view(plain), 2)).toEqual(view(plain));
  });
});

describe('a view of the form', () => {
  it('does not take a preset back that was chosen while it was on its way', () => {
    expect(said(choosePlain).over(view(before), 0)).toEqual(view({ ...before, preset: 'preset Plain' }));
  });

  it('is shown as it is once all is heard, and where nothing was said', () => {
    expect(said().over(view(before), 0)).toEqual(view(before));
    const unheard = said(...changes);
    expect(unheard.over(view(before), 5)).toEqual(view(before));
    expect(unheard.over(view(plain), 5)).toEqual(view(plain));
  });

  it('has no entry chosen that it does not have', () => {
    const gone = said({ type: 'text', field: 'destination', text: 'host hv3' }, { type: 'press', button: 'check' });
    expect(gone.over(view(before), 0)).toEqual(view(before));
  });
});
