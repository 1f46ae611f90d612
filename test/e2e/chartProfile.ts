import type { Locator } from 'playwright-core';

export interface ChartProfile {
  /** How often the area's height goes up by more than `smallestTooth` after it went down: the teeth of a saw. */
  readonly rises: number;
}

/** As much of a canvas as is needed here; the DOM's own types are not loaded for tests. */
interface CanvasElement {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, w: number, h: number): { readonly data: ArrayLike<number> };
  };
}

/** As a share of the chart's height: one reading that is late cuts a third off a tooth. */
const smallestTooth = 0.15;

/** Reads the drawn pixels of an area chart: how high the filled area stands in each column. */
export async function readProfile(canvas: Locator): Promise<ChartProfile> {
  const heights = await canvas.first().evaluate((element: CanvasElement) => {
    const { width, height } = element;
    const { data } = element.getContext('2d').getImageData(0, 0, width, height);
    return Array.from({ length: width }, (_, x) => {
      let filled = 0;
      // The area is the one thing drawn half transparent; lines and texts are opaque.
      for (let y = 0; y < height; y++) {
        const alpha = data[(y * width + x) * 4 + 3] ?? 0;
        if (alpha > 8 && alpha < 160) filled += 1;
      }
      return filled / height;
    });
  });
  let rises = 0;
  let low = 1;
  for (const height of heights) {
    low = Math.min(low, height);
    if (height > low + smallestTooth) {
      rises += 1;
      low = 1;
    } else if (height > smallestTooth) low = Math.min(low, height);
  }
  return { rises: Math.max(0, rises - 1) };
}
