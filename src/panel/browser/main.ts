/** The panel's page. Everything it shows came in a message, and can come again. */
import './panel.css';
import { acquireHost } from './host.js';
import { readMessage } from './messages.js';
import { Page } from './page.js';
import { onThemeChange } from './theme.js';

/** Scrolling is remembered when it comes to rest. */
const SCROLL_REST_MS = 200;

const host = acquireHost();
const before = host.state();
const page = new Page((message) => host.post(message));
let shown: string | undefined;

function keepState(): void {
  if (shown !== undefined) host.keep({ migrationId: shown, scroll: Math.round(window.scrollY) });
}

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readMessage(event.data, shown);
  if (message === undefined) return;
  if (message.type === 'update') {
    page.update(message);
    return;
  }
  const isFirst = shown === undefined;
  page.show(message, shown !== message.migrationId);
  shown = message.migrationId;
  if (isFirst) {
    (document.getElementById('app') ?? document.body).append(page.element);
    if (before?.migrationId === shown) requestAnimationFrame(() => window.scrollTo(0, before.scroll));
  }
  keepState();
});

let scrollRest: ReturnType<typeof setTimeout> | undefined;
window.addEventListener('scroll', () => {
  clearTimeout(scrollRest);
  scrollRest = setTimeout(keepState, SCROLL_REST_MS);
});

onThemeChange(() => page.setTheme());
host.post({ type: 'ready' });
