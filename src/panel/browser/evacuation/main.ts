/** The page of an evacuation. Everything it shows came in a message, and can come again. */
import './evacuation.css';
import type { FromEvacuationPanel } from '../../evacuationProtocol.js';
import { acquireHost } from '../host.js';
import { Reading } from '../reading.js';
import { readMessage } from './messages.js';
import { EvacuationPage } from './page.js';

const host = acquireHost<FromEvacuationPanel>('host');
const page = new EvacuationPage((message) => host.post(message));
const reading = new Reading(host);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readMessage(event.data, reading.shown);
  if (message === undefined) return;
  if (message.type === 'update') {
    page.update(message);
    return;
  }
  page.show(message);
  reading.show(message.host, page.element);
});

host.post({ type: 'ready' });
