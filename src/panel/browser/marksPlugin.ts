import type uPlot from 'uplot';
import { iterationStride, placeLabels } from './markLayout.js';
import type { SortedMarks } from './marks.js';
import { nameText } from './text.js';
import type { Theme } from './theme.js';

/** Above the plot: a line for what was done, and one for iteration numbers. In heights of a label. */
export const MARK_ROWS = 2.9;
/** Closer than that, lines of iterations would fill the chart: they become ticks at its upper edge. */
const LEAST_ITERATION_SPACE = 7;
const HATCH_SPACE = 8;
const SIGN = 4;

interface Pen {
  readonly context: CanvasRenderingContext2D;
  /** Canvas pixels in a CSS pixel. */
  readonly ratio: number;
  readonly box: uPlot.BBox;
  readonly theme: Theme;
  readonly at: (elapsedMs: number) => number;
  readonly inside: (x: number) => boolean;
}

function penOf(plot: uPlot, theme: Theme): Pen {
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

function vertical(
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

/** A stretch that nobody watched: hatched, and said so where there is room. */
function drawGap(pen: Pen, from: number, to: number): void {
  const { context, box, ratio, theme } = pen;
  const left = Math.max(from, box.left);
  const right = Math.min(to, box.left + box.width);
  if (right <= left) return;
  context.save();
  context.beginPath();
  context.rect(left, box.top, right - left, box.height);
  context.clip();
  context.strokeStyle = theme.hatch;
  context.lineWidth = ratio;
  context.beginPath();
  const step = HATCH_SPACE * ratio;
  for (let x = Math.floor((left - box.height) / step) * step; x < right; x += step) {
    context.moveTo(x, box.top + box.height);
    context.lineTo(x + box.height, box.top);
  }
  context.stroke();
  context.restore();
  const words = 'not watched';
  const width = context.measureText(words).width + 10 * ratio;
  if (right - left < width) return;
  const height = theme.fontSize * 1.6 * ratio;
  const middle = box.top + box.height / 2;
  context.fillStyle = theme.background;
  context.fillRect((left + right - width) / 2, middle - height / 2, width, height);
  context.fillStyle = theme.muted;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(words, (left + right) / 2, middle);
}

function drawIterations(pen: Pen, { iterations }: SortedMarks): void {
  const { context, box, ratio, theme } = pen;
  const seen = iterations
    .map(({ elapsedMs, iteration }) => ({ x: pen.at(elapsedMs), iteration }))
    .filter(({ x }) => pen.inside(x));
  const crowded = seen.length > 1 && box.width / seen.length < LEAST_ITERATION_SPACE * ratio;
  const space = context.measureText(String(seen.at(-1)?.iteration ?? 0)).width + 10 * ratio;
  const stride = iterationStride(seen, space);
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  let drawn = -Infinity;
  for (const { x, iteration } of seen) {
    const numbered = iteration % stride === 0;
    if (numbered) {
      context.fillStyle = theme.muted;
      context.fillText(String(iteration), x, box.top - 4 * ratio);
    }
    if (crowded && !numbered && x - drawn < 2 * ratio) continue;
    const length = crowded ? (numbered ? 8 : 4) * ratio : box.height;
    vertical(pen, x, box.top - 3 * ratio, box.top + length, 1, theme.iteration);
    drawn = x;
  }
}

/** A text cut to a width, with an ellipsis. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  while (characters.length > 0 && context.measureText(`${characters.join('')}…`).width > width) characters.pop();
  return characters.length === 0 ? '' : `${characters.join('').trimEnd()}…`;
}

/** The head of a mark: a full triangle for what was done, a cross for what failed, an open triangle for a phase. */
function drawSign({ context, ratio, theme }: Pen, x: number, y: number, sign: 'done' | 'failed' | 'phase'): void {
  const size = SIGN * ratio;
  context.beginPath();
  if (sign === 'failed') {
    context.strokeStyle = theme.failure;
    context.lineWidth = 2 * ratio;
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size);
    context.lineTo(x - size, y + size);
    context.stroke();
    return;
  }
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y - size);
  context.lineTo(x, y + size);
  context.closePath();
  if (sign === 'done') {
    context.fillStyle = theme.action;
    context.fill();
    return;
  }
  context.strokeStyle = theme.muted;
  context.lineWidth = ratio;
  context.stroke();
}

function drawLabelled(pen: Pen, { labelled }: SortedMarks): void {
  const { context, box, ratio, theme } = pen;
  const row = box.top - theme.fontSize * 2.2 * ratio;
  const seen = labelled
    .map((mark) => ({ mark, x: pen.at(mark.elapsedMs), text: nameText(mark.label) }))
    .filter(({ x }) => pen.inside(x));
  const places = placeLabels(
    seen.map(({ x, text }) => ({ x: x / ratio, width: context.measureText(text).width / ratio + 1 })),
    box.left / ratio,
    (box.left + box.width) / ratio,
  );
  seen.forEach(({ mark, x, text }, index) => {
    const failed = mark.kind === 'action' && mark.failed;
    const sign = mark.kind === 'phase' ? 'phase' : failed ? 'failed' : 'done';
    const colour = mark.kind === 'phase' ? theme.muted : failed ? theme.failure : theme.action;
    const dash = mark.kind === 'phase' ? [1, 3] : failed ? [4, 3] : [];
    vertical(pen, x, row + SIGN * ratio, box.top + box.height, mark.kind === 'phase' ? 1 : 2, colour, dash);
    drawSign(pen, x, row, sign);
    const place = places[index];
    if (place === undefined || place.width === 0) return;
    context.fillStyle = colour;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillText(fitted(context, text, place.width * ratio), place.x * ratio, row);
  });
}

/** Draws the marks: gaps and iterations under the lines, what was done over them. */
export function marksPlugin(marks: () => SortedMarks, theme: Theme): uPlot.Plugin {
  const withPen = (draw: (pen: Pen) => void) => (plot: uPlot) => {
    plot.ctx.save();
    draw(penOf(plot, theme));
    plot.ctx.restore();
  };
  return {
    hooks: {
      drawAxes: withPen((pen) => {
        for (const gap of marks().gaps) drawGap(pen, pen.at(gap.elapsedMs), pen.at(gap.untilMs));
        drawIterations(pen, marks());
      }),
      draw: withPen((pen) => drawLabelled(pen, marks())),
    },
  };
}
