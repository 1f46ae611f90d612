/** The panel's page. Everything it shows came in a message, and can come again. */
import './panel.css';
import type { FromPanel } from '../protocol.js';
import { acquireHost } from './host.js';
import { readMessage } from './messages.js';
import { Page } from './page.js';
import { Reading } from './reading.js';
import { onThemeChange } from './theme.js';

const host = acquireHost<FromPanel>('migrationId');
const page = new Page((message) => host.post(message));
const reading = new Reading(host);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readMessage(event.data, reading.shown);
  if (message === undefined) return;
  if (message.type === 'update') {
    page.update(message);
    return;
  }
  if (message.type === 'moment') {
    page.showMoment(message);
    return;
  }
  page.show(message, reading.shown !== message.migrationId);
  reading.show(message.migrationId, page.element);
});

onThemeChange(() => page.setTheme());
host.post({ type: 'ready' });
