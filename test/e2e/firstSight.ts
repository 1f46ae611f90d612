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

/** As much of a page's globals as is used here; the DOM's own types are not loaded for tests. */
interface ObserverGlobals {
  readonly MutationObserver: new (look: () => void) => {
    observe(element: object, what: Readonly<Record<'subtree' | 'childList' | 'characterData', true>>): void;
    disconnect(): void;
  };
}

/**
 * Looks at an element from when this resolves on: its own page does at each change of it, where a poll would miss what is said for a
 * moment. Then do what is to make it say so.
 */
export async function watchText(element: Locator, text: RegExp): Promise<{ readonly untilSaid: () => Promise<void> }> {
  const watch = await element.evaluateHandle(
    (watched: { readonly textContent: string }, { pattern, limitMs }) => {
      const { MutationObserver } = globalThis as unknown as ObserverGlobals;
      const said = new Promise<void>((resolve, reject) => {
        const end = (settle: () => void): void => {
          observer.disconnect();
          clearTimeout(limit);
          settle();
        };
        const look = (): void => {
          if (new RegExp(pattern).test(watched.textContent)) end(resolve);
        };
        const late = new Error(`"${pattern}" was not said within ${String(limitMs)} ms`);
        const limit = setTimeout(() => end(() => reject(late)), limitMs);
        const observer = new MutationObserver(look);
        observer.observe(watched, { subtree: true, childList: true, characterData: true });
        look();
      });
      // Whoever asks is told; nobody may.
      said.catch(() => undefined);
      return { said };
    },
    { pattern: text.source, limitMs: longMs },
  );
  return {
    untilSaid: async () => {
      await watch.evaluate(({ said }) => said);
      await watch.dispose();
    },
  };
}
