/**
 * One lint configuration for the workspace. Run it with `npm run lint`, through nx: the boundary rule needs nx's project graph,
 * and without one it would skip itself and report success.
 */
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { codeBoundaries, mainBoundaries, specBoundaries } from './tools/lint/boundaries.mjs';
import { projectGraphRule } from './tools/lint/project-graph.rule.mjs';
import { domainImportsInMoney, domainImportsOutsideMoney, domainPurity, onlyMoneyHasDecimals } from './tools/lint/purity.mjs';

const plainRules = {
  'no-console': 'error',
  'no-constant-condition': ['error', { checkLoops: false }],
  'no-debugger': 'error',
  'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }],
  'no-else-return': 'error',
  'no-empty': 'error',
  'no-eval': 'error',
  'no-fallthrough': 'error',
  'no-new-func': 'error',
  'no-self-compare': 'error',
  'no-throw-literal': 'error',
  'no-unreachable': 'error',
  'no-useless-rename': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  eqeqeq: 'error',
};

/** These need the type checker; they catch what tests rarely do: a write nobody waits for, a union case nobody handles. */
const typeAwareRules = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

export default [
  { ignores: ['**/dist/**', '**/node_modules/**', '**/generated/**', '**/.cache/**', '**/.nx/**', 'tools/lint-fixture/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { plugins: { '@nx': nx, '@typescript-eslint': tseslint.plugin, tollkeeper: { rules: { 'project-graph': projectGraphRule } } } },
  { files: ['**/*.{ts,mjs}'], rules: plainRules },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...Object.assign({}, ...tseslint.configs.recommended.map((config) => config.rules ?? {})),
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'after-used', argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      ...typeAwareRules,
      ...onlyMoneyHasDecimals,
      'tollkeeper/project-graph': 'error',
      '@nx/enforce-module-boundaries': codeBoundaries,
    },
  },
  { files: ['**/services/*/src/main.ts'], rules: { '@nx/enforce-module-boundaries': mainBoundaries } },
  { files: ['**/*.spec.ts', '**/*.fixture.ts'], rules: { '@nx/enforce-module-boundaries': specBoundaries } },
  { files: ['**/libs/domain/**/*.ts'], rules: { ...domainPurity, ...domainImportsOutsideMoney } },
  { files: ['**/libs/domain/money/**/*.ts'], rules: domainImportsInMoney },
  // Programs that a person starts print; everything else logs.
  { files: ['tools/**/*.mjs', '**/main.ts', '**/services/cli/**/*.ts', '**/simulator/**/*.ts'], rules: { 'no-console': 'off' } },
];
