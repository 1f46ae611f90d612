/** The page that compares two migrations. Everything it shows came in one message, and can come again. */
import './comparison.css';
import type { FromComparison } from '../../comparisonProtocol.js';
import { acquireHost } from '../host.js';
import { Reading } from '../reading.js';
import { onThemeChange } from '../theme.js';
import { readMessage } from './messages.js';
import { ComparisonPage } from './page.js';

const host = acquireHost<FromComparison>();
const page = new ComparisonPage((message) => host.post(message));
const reading = new Reading(host);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readMessage(event.data);
  if (message === undefined) return;
  page.show(message);
  reading.show(message.id, page.element);
});

onThemeChange(() => page.setTheme());
host.post({ type: 'ready' });
