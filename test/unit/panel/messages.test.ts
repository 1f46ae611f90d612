import { describe, expect, it } from 'vitest';
import { readMessage } from '../../../src/panel/browser/messages.js';

const header = { domainName: 'web-1', figures: [], buttons: [], ways: [] };
const init = { type: 'init', migrationId: 'a', header, samples: [], marks: [], fields: [], log: [] };

describe('messages to the page', () => {
  it('are taken when they are for this migration', () => {
    expect(readMessage(init, undefined)).toBe(init);
    expect(readMessage({ ...init, migrationId: 'b' }, 'a')).toBeDefined();
    expect(readMessage({ type: 'update', migrationId: 'a' }, 'a')).toBeDefined();
    expect(readMessage({ type: 'update', migrationId: 'a', samples: [], header }, 'a')).toBeDefined();
  });

  it('are taken when they show a moment of the past of this migration', () => {
    const moment = { type: 'moment', migrationId: 'a', elapsedMs: 5000, header, fields: [], said: '' };
    expect(readMessage(moment, 'a')).toBe(moment);
    expect(readMessage(moment, 'b')).toBeUndefined();
    expect(readMessage({ ...moment, fields: undefined }, 'a')).toBeUndefined();
  });

  it.each([
    [null],
    ['init'],
    [{ type: 'init' }],
    [{ ...init, migrationId: 7 }],
    [{ ...init, header: null }],
    [{ ...init, samples: 'x' }],
    [{ ...init, type: 'other' }],
    [{ type: 'update', migrationId: 'b' }],
    [{ type: 'update', migrationId: 'a', samples: 5 }],
    [{ type: 'update', migrationId: 'a', header: {} }],
  ])('are ignored when they are not: %j', (data) => expect(readMessage(data, 'a')).toBeUndefined());

  it('do not update a page that shows nothing yet', () => {
    expect(readMessage({ type: 'update', migrationId: 'a' }, undefined)).toBeUndefined();
  });
});
