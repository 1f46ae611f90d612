import type uPlot from 'uplot';
import type { Theme } from './theme.js';

/** What draws on a chart's canvas, beside uPlot's own lines. All lengths are canvas pixels. */
export interface Pen {
  readonly context: CanvasRenderingContext2D;
  /** Canvas pixels in a CSS pixel. */
  readonly ratio: number;
  readonly box: uPlot.BBox;
  readonly theme: Theme;
  readonly at: (elapsedMs: number) => number;
  readonly inside: (x: number) => boolean;
}

export function penOf(plot: uPlot, theme: Theme): Pen {
  const { ctx: context, bbox: box } = plot;
  const ratio = devicePixelRatio;
  context.font = theme.font.replace(/^[\d.]+px/u, `${theme.fontSize * ratio}px`);
  return {
    context,
    ratio,
    box,
    theme,
    at: (elapsedMs) => Math.round(plot.valToPos(elapsedMs / 1000, 'x', true)),
    inside: (x) => x >= box.left - 1 && x <= box.left + box.width + 1,
  };
}

/** An upright line, crisp whatever its width. */
export function vertical(
  { context, ratio }: Pen,
  x: number,
  from: number,
  to: number,
  width: number,
  colour: string,
  dash: number[] = [],
): void {
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1, Math.round(width * ratio));
  context.setLineDash(dash.map((length) => length * ratio));
  context.beginPath();
  // Half a pixel in, so that an odd width fills whole pixels.
  const crisp = context.lineWidth % 2 === 1 ? x + 0.5 : x;
  context.moveTo(crisp, from);
  context.lineTo(crisp, to);
  context.stroke();
  context.setLineDash([]);
}

/** A text cut to a width, with an ellipsis. */
export function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  while (characters.length > 0 && context.measureText(`${characters.join('')}…`).width > width) characters.pop();
  return characters.length === 0 ? '' : `${characters.join('').trimEnd()}…`;
}
