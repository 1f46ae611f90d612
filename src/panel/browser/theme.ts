/** The lines' colours, by the editor's names for them. */
export type LineColour = 'blue' | 'purple' | 'yellow' | 'green' | 'red';

/** What a canvas has to know of the theme: a canvas does not see style sheets. */
export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly background: string;
  readonly grid: string;
  readonly iteration: string;
  readonly hatch: string;
  readonly action: string;
  readonly failure: string;
  readonly lines: Readonly<Record<LineColour, string>>;
  /** The editor's font for text, at the size of labels. */
  readonly font: string;
  readonly fontSize: number;
  readonly lineWidth: number;
}

const LINE_COLOURS: readonly LineColour[] = ['blue', 'purple', 'yellow', 'green', 'red'];

/** A colour let through by so much: for grids and areas, in any theme. */
export function faded(colour: string, percent: number): string {
  return `color-mix(in srgb, ${colour} ${percent}%, transparent)`;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const body = getComputedStyle(document.body);
  const variable = (name: string, fallback: string) => style.getPropertyValue(`--vscode-${name}`).trim() || fallback;
  const highContrast = document.body.className.includes('vscode-high-contrast');
  const text = variable('foreground', body.color);
  const muted = highContrast ? text : variable('descriptionForeground', text);
  const bodySize = Number.parseFloat(variable('font-size', '13px'));
  const fontSize = Math.min(16, Math.max(10, (Number.isFinite(bodySize) ? bodySize : 13) - 2));
  const line = (colour: LineColour) => variable(`charts-${colour}`, text);
  return {
    text,
    muted,
    background: variable('editor-background', body.backgroundColor),
    grid: faded(text, highContrast ? 28 : 9),
    iteration: faded(text, highContrast ? 36 : 24),
    hatch: faded(text, highContrast ? 55 : 22),
    action: text,
    failure: variable('errorForeground', line('red')),
    lines: Object.fromEntries(LINE_COLOURS.map((colour) => [colour, line(colour)])) as Record<LineColour, string>,
    font: `${fontSize}px ${variable('font-family', body.fontFamily || 'sans-serif')}`,
    fontSize,
    lineWidth: highContrast ? 2 : 1.5,
  };
}

/** Calls back when the editor changed its theme or a colour of it: it sets both as attributes, one after the other. */
export function onThemeChange(changed: () => void): void {
  let due = false;
  const observer = new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      changed();
    });
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}
