// Builds the extension (dist/extension.js), the pages (dist/panel.js, dist/form.js, dist/evacuation.js, dist/comparison.js and their styles)
// and the editor suite (out/).
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, context } from 'esbuild';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const meta = process.argv.includes('--meta');

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/** @type {Record<string, import('esbuild').BuildOptions>} */
const targets = {
  extension: {
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // ssh2 tries its native parts and goes on without them; vscode is the editor's own.
    external: ['vscode', 'cpu-features', '*.node'],
  },
  panel: {
    ...common,
    entryPoints: {
      panel: 'src/panel/browser/main.ts',
      form: 'src/panel/browser/form/main.ts',
      evacuation: 'src/panel/browser/evacuation/main.ts',
      comparison: 'src/panel/browser/comparison/main.ts',
    },
    outdir: 'dist',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    loader: { '.ttf': 'file' },
  },
};
if (!production) {
  targets['editorSuite'] = {
    ...common,
    entryPoints: ['test/editor/suite.ts'],
    outfile: 'out/editor-suite.js',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
  };
}

mkdirSync('dist', { recursive: true });
cpSync('node_modules/@vscode/codicons/dist/codicon.css', 'dist/codicon.css');
cpSync('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf');
if (watch) {
  for (const options of Object.values(targets)) await (await context(options)).watch();
} else {
  const packages = new Set(['@vscode/codicons']);
  for (const [name, options] of Object.entries(targets)) {
    const { metafile } = await build(options);
    if (meta) writeFileSync(`dist/${name}.meta.json`, JSON.stringify(metafile));
    for (const input of Object.keys(metafile?.inputs ?? {})) {
      const owner = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (owner !== undefined) packages.add(owner);
    }
  }
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices([...packages].sort()));
}

/**
 * The licences of what is bundled, as each asks to be passed on.
 * @param {readonly string[]} names
 */
function notices(names) {
  return names
    .map((name) => {
      const folder = join('node_modules', name);
      /** @type {{ version: string, license?: unknown }} */
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
      const text =
        file !== undefined && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : '';
      return `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n\n${text}\n`;
    })
    .join('\n----------------------------------------\n\n');
}
