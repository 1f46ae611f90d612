/** As much of a page's element as the parts read: the DOM's own types would make its globals visible to all code here. */
export interface PageElement {
  readonly className: string;
  readonly textContent: string;
  readonly style: Record<string, string | undefined>;
  readonly dataset: Record<string, string | undefined>;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}
