import type { FrameLocator, Page } from 'playwright-core';

/** A message that a panel's page was sent: what kind, and how many readings it held. */
export interface PanelMessage {
  readonly type: string;
  readonly samples: number;
}

/** As much of a page's globals as is used here; the DOM's own types are not loaded for tests. */
interface PageGlobals {
  readonly location: { readonly href: string };
  addEventListener(type: string, listener: (event: MessageLike) => void): void;
  heard?: PanelMessage[];
}

interface MessageLike {
  readonly data?: { readonly type: string; readonly migrationId?: unknown; readonly samples?: readonly unknown[] };
}

/** Has each panel's page that is made from now on remember what it is sent, from its very first message. */
export async function rememberMessages(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const own = globalThis as unknown as PageGlobals;
    // The editor writes a panel's page into a frame that is empty at first: its listeners go then, but not its globals.
    if (own.location.href !== 'about:blank') return;
    const heard: PanelMessage[] = [];
    own.heard = heard;
    const add = own.addEventListener.bind(own);
    own.addEventListener = (type, listener) =>
      add(type, (event) => {
        const { data } = event;
        if (type === 'message' && data?.migrationId !== undefined) {
          heard.push({ type: data.type, samples: data.samples?.length ?? 0 });
        }
        listener(event);
      });
  });
}

/** All that the page in sight was sent since it was made, and how many readings it has drawn: both of one moment. */
export function messagesOf(
  page: FrameLocator,
): Promise<{ readonly messages: readonly PanelMessage[]; readonly drawnSamples: number }> {
  return page.locator('#charts[data-samples]').evaluate((charts: { getAttribute(name: string): string | null }) => ({
    messages: (globalThis as unknown as PageGlobals).heard ?? [],
    drawnSamples: Number(charts.getAttribute('data-samples')),
  }));
}
