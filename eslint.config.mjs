import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const editorRooms = ['src/extension.ts', 'src/editor/**', 'src/views/**', 'src/commands/**', 'test/editor/**'];

export default defineConfig(
  { ignores: ['dist/', 'out/', 'node_modules/', 'test/**/node_modules/', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './src/panel/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // A number or a boolean in a message is no mistake; an object is, and stays forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Names read from a host or a package come with brackets, since tsconfig forbids dots on index signatures.
      '@typescript-eslint/dot-notation': 'off',
    },
  },
  {
    // What runs before anything is installed is JavaScript, with types in its comments: tsc knows Node's globals.
    files: ['**/*.mjs'],
    rules: {
      'no-undef': 'off',
      // A type in a comment, as what is read from JSON needs, is none for these.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // What decides must run, and be tested, without an editor.
    files: ['src/**'],
    ignores: editorRooms,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'vscode',
              message: 'Only src/extension.ts, src/editor, src/views and src/commands may import vscode.',
            },
          ],
        },
      ],
    },
  },
  {
    // The panel's page shares protocol.ts with the extension and nothing else.
    files: ['src/panel/browser/*'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '\\.\\./\\.\\./', message: 'The page imports only from src/panel.' }] },
      ],
    },
  },
  {
    // The form's page the same, one folder deeper.
    files: ['src/panel/browser/*/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '\\.\\./\\.\\./\\.\\./', message: 'The page imports only from src/panel.' }] },
      ],
    },
  },
  prettier,
);
