import type { Locator, Page } from 'playwright-core';
import { longMs } from './scene.js';

/** As much of the page as is read here; the DOM's own types are not loaded for tests. */
interface PageGlobals {
  readonly document: { querySelectorAll(selector: string): Iterable<{ readonly textContent: string }> };
}

/**
 * When the page first shows a text, by the page's own clock: looked at in the page at each frame, so that a busy test can't be late. Call it
 * before the text can be there.
 */
export async function shownAtMs(page: Page, selector: string, text: RegExp): Promise<number> {
  const found = await page.waitForFunction(
    ({ selector, pattern }) => {
      const { document } = globalThis as unknown as PageGlobals;
      for (const { textContent } of document.querySelectorAll(selector)) {
        if (new RegExp(pattern).test(textContent.replaceAll('\u00a0', ' '))) return Date.now();
      }
      return undefined;
    },
    { selector, pattern: text.source },
    // A guest has to boot first.
    { polling: 'raf', timeout: 2 * longMs },
  );
  const atMs = await found.jsonValue();
  if (atMs === undefined) throw new Error(`"${String(text)}" was not shown`);
  return atMs;
}

/** As much of the DOM as is used here; its own types are not loaded for tests. */
interface ObserverGlobals {
  readonly MutationObserver: new (look: () => void) => {
    observe(element: object, what: Readonly<Record<'subtree' | 'childList' | 'characterData', true>>): void;
  };
}

/**
 * Resolves once an element says a text, however short a time it does: its own page looks at each change of it, where a poll would
 * come too late. Call it before that can be.
 */
export function untilSaid(element: Locator, text: RegExp): Promise<void> {
  return element.evaluate(
    (said: { readonly textContent: string }, pattern) =>
      new Promise<void>((resolve) => {
        const { MutationObserver } = globalThis as unknown as ObserverGlobals;
        const look = (): void => {
          if (new RegExp(pattern).test(said.textContent)) resolve();
        };
        new MutationObserver(look).observe(said, { subtree: true, childList: true, characterData: true });
        look();
      }),
    text.source,
  );
}
