import type uPlot from 'uplot';
import { drawIterationLines, drawIterationNumbers } from './iterationMarks.js';
import { placeLabels } from './markLayout.js';
import type { SortedMarks } from './marks.js';
import { fitted, type Pen, penOf, vertical } from './pen.js';
import { nameText } from './text.js';
import type { Theme } from './theme.js';

/** Above the plot: a line for what was done, and one for iteration numbers. In heights of a label. */
export const MARK_ROWS = 2.9;
const HATCH_SPACE = 8;
const SIGN = 4;

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
  drawNotWatched(pen, left, right);
}

/** The words in a gap: along it where it is wide, up it where it is narrow, none where it is a sliver. */
function drawNotWatched({ context, box, ratio, theme }: Pen, left: number, right: number): void {
  const words = 'not watched';
  const length = context.measureText(words).width + 10 * ratio;
  const height = theme.fontSize * 1.6 * ratio;
  const upright = right - left < length;
  if (right - left < height || (upright && box.height < length)) return;
  context.save();
  context.translate((left + right) / 2, box.top + box.height / 2);
  if (upright) context.rotate(-Math.PI / 2);
  context.fillStyle = theme.background;
  context.fillRect(-length / 2, -height / 2, length, height);
  context.fillStyle = theme.muted;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(words, 0, 0);
  context.restore();
}

/** The head of a mark: a full triangle for what was done, a cross for what failed, an open triangle for what came by itself. */
function drawSign(
  { context, ratio }: Pen,
  x: number,
  y: number,
  sign: 'done' | 'failed' | 'open',
  colour: string,
): void {
  const size = SIGN * ratio;
  context.beginPath();
  if (sign === 'failed') {
    context.strokeStyle = colour;
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
    context.fillStyle = colour;
    context.fill();
    return;
  }
  context.strokeStyle = colour;
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
    const sign = mark.kind !== 'action' ? 'open' : failed ? 'failed' : 'done';
    const colour = mark.kind === 'phase' ? theme.muted : failed ? theme.failure : theme.action;
    const dash = mark.kind !== 'action' ? [1, 3] : failed ? [4, 3] : [];
    vertical(pen, x, row + SIGN * ratio, box.top + box.height, mark.kind === 'phase' ? 1 : 2, colour, dash);
    drawSign(pen, x, row, sign, colour);
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
        drawIterationLines(pen, marks());
      }),
      draw: withPen((pen) => {
        drawLabelled(pen, marks());
        drawIterationNumbers(pen, marks());
      }),
    },
  };
}
