/** Where the words of marks go on a line above a chart: pure, in pixels. */

export interface LabelRequest {
  readonly x: number;
  readonly width: number;
}

export interface LabelPlace {
  /** Left edge of the text. */
  readonly x: number;
  /** Room for the text; the caller cuts it to that. 0: there is no room for words, the mark's sign alone has to do. */
  readonly width: number;
}

/** Between a mark and its word, and between a word and the next mark. */
const SPACE = 6;
/** Fewer pixels than that show an ellipsis and little else. */
const LEAST_WIDTH = 48;

/**
 * Places the labels of marks at `x`, ascending: right of the mark where there is room, else left of it, else cut on the
 * roomier side, else nowhere.
 */
export function placeLabels(requests: readonly LabelRequest[], left: number, right: number): LabelPlace[] {
  let taken = left;
  return requests.map((request, index) => {
    const end = (requests[index + 1]?.x ?? right + SPACE * 2) - SPACE * 2;
    const start = request.x + SPACE;
    const roomRight = Math.min(end, right) - start;
    const roomLeft = request.x - SPACE - taken;
    const take = (x: number, width: number): LabelPlace => {
      taken = Math.max(request.x, x + width) + SPACE;
      return { x, width };
    };
    if (roomRight >= request.width) return take(start, request.width);
    if (roomLeft >= request.width) return take(request.x - SPACE - request.width, request.width);
    if (roomRight < LEAST_WIDTH && roomLeft < LEAST_WIDTH) return take(start, 0);
    return roomRight >= roomLeft ? take(start, roomRight) : take(taken, roomLeft);
  });
}

const STRIDES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/**
 * Every how many iterations one gets its number, so that no two numbers stand closer than `space`. Round strides keep the
 * numbers that are shown while the axis grows.
 */
export function iterationStride(
  iterations: readonly { readonly x: number; readonly iteration: number }[],
  space: number,
): number {
  for (const stride of STRIDES) {
    let previous = -Infinity;
    let fits = true;
    for (const { x, iteration } of iterations) {
      if (iteration % stride !== 0) continue;
      if (x - previous < space) {
        fits = false;
        break;
      }
      previous = x;
    }
    if (fits) return stride;
  }
  return Infinity;
}
