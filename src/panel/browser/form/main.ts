/** The page of the form. It shows what the extension says, and says what was typed and pressed. */
import './form.css';
import type { FromForm } from '../../formProtocol.js';
import { acquireHost } from '../host.js';
import { readView } from './messages.js';
import { FormPage } from './page.js';
import { Unheard } from './unheard.js';

const host = acquireHost<FromForm>();
const unheard = new Unheard();
const page = new FormPage((message) => {
  unheard.add(message);
  host.post(message);
});

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readView(event.data);
  if (message === undefined) return;
  page.render(unheard.over(message.view, message.heard));
  if (!page.element.isConnected) {
    (document.getElementById('app') ?? document.body).append(page.element);
    page.focusFirst();
  }
});

host.post({ type: 'ready' });
