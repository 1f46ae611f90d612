// `npm run bench [-- NAME...]`: measures, prints a JSON line a figure, and fails when one is beyond its bound.
import { broken } from './figure.js';
import { benchForecast } from './forecast/bench.js';
import { benchPastList } from './pastList.js';
import { benchActivation, benchSize } from './package.js';
import { benchSampling } from './sampling.js';

const benches: Readonly<Record<string, () => void | Promise<void>>> = {
  // First the package: it makes the bundle that activation loads.
  size: benchSize,
  activation: benchActivation,
  past: benchPastList,
  sampling: benchSampling,
};

/** Only where asked for by name: it records real migrations for an hour. */
const longBenches: typeof benches = { forecast: benchForecast };

async function main(wanted: readonly string[]): Promise<void> {
  for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
    const all = { ...benches, ...longBenches };
    const bench = all[name];
    if (bench === undefined) throw new Error(`There is no bench "${name}": ${Object.keys(all).join(', ')}.`);
    await bench();
  }
  for (const { name, value, unit, bound } of broken()) {
    console.error(`${name} is ${value.toPrecision(4)} ${unit}, beyond ${String(bound)}`);
    process.exitCode = 1;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
