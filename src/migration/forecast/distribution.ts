/** One class is longer than the one before it by this factor: quantiles are exact to half of that. */
const factor = 1.005;
/** In ms: a year is among them. */
const mostMs = 4e10;
const classes = Math.ceil(Math.log(mostMs) / Math.log(factor)) + 1;

/** Times in ms with their weights, of which quantiles are asked. In linear time, since there are tens of thousands. */
export class Distribution {
  private readonly weights = new Float64Array(classes);
  private readonly sums = new Float64Array(classes);
  /** Of all of them. */
  weight = 0;

  add(ms: number, weight: number): void {
    const index = Math.min(classes - 1, Math.max(0, Math.floor(Math.log(Math.max(1, ms)) / Math.log(factor))));
    this.weights[index] = (this.weights[index] ?? 0) + weight;
    this.sums[index] = (this.sums[index] ?? 0) + weight * ms;
    this.weight += weight;
  }

  /** Below which so much of the weight lies; undefined where there is not so much. */
  quantile(weight: number): number | undefined {
    let below = 0;
    for (let index = 0; index < classes; index += 1) {
      const own = this.weights[index] ?? 0;
      if (own === 0) continue;
      below += own;
      // Rounding must not make an end of none.
      if (below >= weight * (1 - 1e-9)) return (this.sums[index] ?? 0) / own;
    }
    return undefined;
  }
}
