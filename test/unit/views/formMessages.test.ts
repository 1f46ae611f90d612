import { describe, expect, it } from 'vitest';
import { anywayQuestion } from '../../../src/views/anywayQuestion.js';
import { readFromForm } from '../../../src/views/formMessages.js';
import { failed } from '../migration/form/formFakes.js';

describe('what a form’s page says', () => {
  it.each([
    { type: 'ready' },
    { type: 'flag', field: 'autoConverge', on: true },
    { type: 'text', field: 'bandwidthMiBps', text: '20' },
    { type: 'member', field: 'compressionMethods', value: 'xbzrle', on: false },
    { type: 'way', index: 0 },
    { type: 'suggestion', index: 3 },
    { type: 'press', button: 'migrate' },
    { type: 'copy', text: 'virsh migrate' },
  ])('is taken: $type', (message) => {
    expect(readFromForm(message)).toEqual(message);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'migrate'],
    ['a message of another page', { type: 'action', action: 'abort' }],
    ['a button that there is not', { type: 'press', button: 'abort' }],
    ['a flag without its state', { type: 'flag', field: 'live' }],
    ['a number for a text', { type: 'text', field: 'bandwidthMiBps', text: 20 }],
    ['a text without end', { type: 'text', field: 'bandwidthMiBps', text: 'x'.repeat(5000) }],
    ['a place that is none', { type: 'suggestion', index: -1 }],
    ['half a place', { type: 'way', index: 0.5 }],
  ])('is not taken when it is %s', (_what, message) => {
    expect(readFromForm(message)).toBeUndefined();
  });
});

describe('the question before a migration that would fail', () => {
  it('names the guest, and each failed check with its reason', () => {
    expect(
      anywayQuestion('web-1', [failed, { ...failed, title: 'CPU of hv2', reason: 'avx is missing.' }], false),
    ).toEqual({
      message: "Migrate 'web-1' although 2 checks failed?",
      detail: 'Networks on hv2: There is no bridge br0.\n\nCPU of hv2: avx is missing.',
      button: 'Migrate Anyway',
    });
  });

  it('says that not everything was looked at yet', () => {
    expect(anywayQuestion('web-1', [], true).message).toBe("Migrate 'web-1' before the pre-flight has ended?");
    expect(anywayQuestion('web-1', [failed], true).detail).toMatch(/br0.*\n\n.*has not ended/);
  });
});
