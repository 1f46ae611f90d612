import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../run/machine.mjs';
import { type Entry, zipEntries } from './zip.js';

const vsix = join(repository, 'dist', 'libvirt-live-migration.vsix');

/** What the editor reads, by the names that vsce gives it. */
const always = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/changelog.md',
  'extension/dist/THIRD-PARTY-NOTICES.txt',
  'extension/dist/codicon.css',
  'extension/dist/codicon.ttf',
  'extension/dist/comparison.css',
  'extension/dist/comparison.js',
  'extension/dist/evacuation.css',
  'extension/dist/evacuation.js',
  'extension/dist/extension.js',
  'extension/dist/form.css',
  'extension/dist/form.js',
  'extension/dist/panel.css',
  'extension/dist/panel.js',
  'extension/media/libvirt.svg',
  'extension/media/migration-dark.svg',
  'extension/media/migration-light.svg',
  'extension/package.json',
  'extension/readme.md',
];
const readmePicture = /^extension\/media\/readme\/[a-z0-9-]+\.png$/;

describe('the package', () => {
  let archive: Buffer;
  let entries: Entry[];

  beforeAll(async () => {
    await rm(vsix, { force: true });
    await promisify(execFile)('npm', ['run', '--silent', 'package'], { cwd: repository });
    archive = await readFile(vsix);
    entries = zipEntries(archive);
  });

  it('is made by `npm run package` and holds what the extension needs, and nothing else', () => {
    const names = entries.map(({ name }) => name).filter((name) => !readmePicture.test(name));
    expect(names.sort()).toEqual([...always].sort());
    for (const { name, bytes } of entries) expect(bytes, name).toBeGreaterThan(0);
  });

  it('has under 1 MB', () => {
    expect(archive.length).toBeLessThan(1e6);
  });

  it('has every file that its manifest and its README name', async () => {
    const has = new Set(entries.map(({ name }) => name.toLowerCase()));
    const manifest = await readFile(join(repository, 'package.json'), 'utf8');
    const readme = await readFile(join(repository, 'README.md'), 'utf8');
    const { main } = JSON.parse(manifest) as { main: string };
    const named = [
      main,
      ...[...manifest.matchAll(/"((?:media|dist)\/[^"]+)"/g)].map(([, path]) => path ?? ''),
      ...[...readme.matchAll(/!\[[^\]]*\]\((media\/[^)]+)\)/g)].map(([, path]) => path ?? ''),
    ];
    for (const path of named) expect(has, path).toContain(`extension/${path.replace(/^\.\//, '')}`.toLowerCase());
  });
});
