// Makes the tables of README and docs from package.json, the code and the recordings; with --check only tells whether they are current.
import { readFileSync, writeFileSync } from 'node:fs';
import { tsImport } from 'tsx/esm/api';

const { sshKeywords } = await tsImport('../../src/ssh/keywords.ts', import.meta.url);
/** @type {{ forecastTable: () => { head: string[], rows: string[][] } }} */
const { forecastTable } = await tsImport('../bench/forecast/table.ts', import.meta.url);

/** @typedef {{ default?: unknown, description?: string, markdownDescription?: string }} Setting */
/** @typedef {{ properties: Record<string, Setting> }} Section */
/** @type {{ contributes: { configuration: Section | Section[], commands: { command: string, title: string }[] } }} */
const { contributes } = JSON.parse(readFileSync('package.json', 'utf8'));
const cell = (/** @type {unknown} */ text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

/**
 * @param {string[]} head
 * @param {unknown[][]} rows
 */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

const figures = forecastTable();
const properties = [contributes.configuration].flat().flatMap((section) => Object.entries(section.properties));
/**
 * By file, by name.
 * @type {Record<string, Record<string, string>>}
 */
const tables = {
  'README.md': {
    settings: table(
      ['setting', 'default', 'meaning'],
      properties.map(([name, p]) => [
        `\`${name}\``,
        `\`${JSON.stringify(p.default)}\``,
        p.markdownDescription ?? p.description,
      ]),
    ),
    commands: table(
      ['command', 'title'],
      contributes.commands.map(({ command, title }) => [`\`${command}\``, `Libvirt: ${title}`]),
    ),
  },
  'docs/forecast.md': { figures: table(figures.head, figures.rows) },
  'docs/ssh.md': {
    keywords: table(
      ['keyword', 'ssh2', "the system's ssh"],
      Object.entries(sshKeywords).map(([keyword, { ssh2, openssh }]) => [
        `\`${keyword}\``,
        ssh2 ?? 'not used',
        openssh ?? 'as ssh does',
      ]),
    ),
  },
};

let stale = false;
for (const [file, named] of Object.entries(tables)) {
  const before = readFileSync(file, 'utf8');
  let after = before;
  for (const [name, text] of Object.entries(named)) {
    after = after.replace(
      new RegExp(`(<!-- ${name}: made by npm run docs -->\\n)[^]*?(<!-- /${name} -->)`),
      (_, open, close) => `${open}${text}\n${close}`,
    );
  }
  if (after === before) continue;
  if (process.argv.includes('--check')) {
    console.error(`${file}: its tables are not those of the code. Run \`npm run docs\`.`);
    stale = true;
  } else writeFileSync(file, after);
}
if (stale) process.exit(1);
