// Builds the extension (dist/extension.js), the panel's page (dist/panel.js, dist/panel.css) and the editor suite (out/).
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
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
  metafile: meta,
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
    entryPoints: { panel: 'src/panel/browser/main.ts' },
    outdir: 'dist',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    loader: { '.ttf': 'file' },
  },
};
if (!production) {
  targets.editorSuite = {
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
  for (const [name, options] of Object.entries(targets)) {
    const result = await build(options);
    if (meta) writeFileSync(`dist/${name}.meta.json`, JSON.stringify(result.metafile));
  }
}
