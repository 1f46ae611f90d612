import { describe, expect, it } from 'vitest';
import { readFromPanel, readPanelState } from '../../../src/views/panelMessages.js';

describe('a message of the page', () => {
  it('is taken when it is one of its own', () => {
    expect(readFromPanel({ type: 'ready' })).toEqual({ type: 'ready' });
    expect(readFromPanel({ type: 'action', action: 'abort' })).toEqual({ type: 'action', action: 'abort' });
    expect(readFromPanel({ type: 'copy', text: 'x' })).toEqual({ type: 'copy', text: 'x' });
    const way = { type: 'way', way: 'setMaxDowntime', value: 3000 };
    expect(readFromPanel(way)).toEqual(way);
    expect(readFromPanel({ type: 'moment', elapsedMs: 5000 })).toEqual({ type: 'moment', elapsedMs: 5000 });
  });

  it.each([
    undefined,
    null,
    'ready',
    {},
    { type: 'action', action: 'addHost' },
    { type: 'copy' },
    { type: 'way', way: 'abort' },
    { type: 'way', way: 'setSpeed', value: -1 },
    { type: 'moment', elapsedMs: '5' },
    { type: 'eval' },
  ])('is passed over when it is not: %o', (message) => {
    expect(readFromPanel(message)).toBeUndefined();
  });

  it('that was kept over a reload names its migration, or nothing', () => {
    expect(readPanelState({ migrationId: 'm1', scroll: 3 })).toBe('m1');
    expect(readPanelState({ migrationId: 7 })).toBeUndefined();
    expect(readPanelState(undefined)).toBeUndefined();
  });
});
