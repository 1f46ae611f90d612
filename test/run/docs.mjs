// Makes README's tables of settings and commands from package.json; with --check only tells whether they are current.
import { readFileSync, writeFileSync } from 'node:fs';

const { contributes } = JSON.parse(readFileSync('package.json', 'utf8'));
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

const properties = [contributes.configuration].flat().flatMap((section) => Object.entries(section.properties));
const tables = {
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
};

const before = readFileSync('README.md', 'utf8');
let after = before;
for (const [name, text] of Object.entries(tables)) {
  after = after.replace(
    new RegExp(`(<!-- ${name}: made by npm run docs -->\\n)[^]*?(<!-- /${name} -->)`),
    (_, open, close) => `${open}${text}\n${close}`,
  );
}
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error('README.md: its tables are not those of package.json. Run `npm run docs`.');
    process.exit(1);
  }
} else {
  writeFileSync('README.md', after);
}
