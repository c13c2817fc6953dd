import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

/**
 * The rules of the house are the linter's, which compares the text of imports with patterns: a pattern that lets its
 * example through guards nothing. So each is tried on an example that breaks it, beside one that does not.
 */
const root = join(import.meta.dirname, '..');
const service = 'apps/some-svc/src';

/** One thing to lint: `rule` is what must be said about `code` in `path`, or null when nothing may be. */
type Example = { title: string; path: string; code: string; rule: string | null; beside?: Record<string, string> };

const mayNotImport: Record<string, string[]> = {
  'apps/some-svc/src/domain': [
    'express',
    'pg',
    '@prisma/client',
    'node:fs',
    'node:fs/promises',
    'node:http',
    'uuid',
    '@uw-wizard/shared/platform/outbox',
    '../data/deals.store.ts',
    '../data/generated/client.ts',
    '../http/deals.routes.ts',
    '../usecases/start-deal.ts',
    '../events/on-sign-signed.ts',
    '../service.ts',
  ],
  'apps/some-svc/src/domain/pricing': ['../../usecases/start-deal.ts', '../../data/deals.store.ts'],
  'apps/some-svc/src/usecases': [
    'express',
    'pg',
    '@prisma/adapter-pg',
    '../data/deals.store.ts',
    '../data/generated/client.ts',
    '../http/deals.routes.ts',
    '../events/on-sign-signed.ts',
    '../service.ts',
  ],
  'apps/some-svc/src/data': [
    'express',
    '../http/deals.routes.ts',
    '../usecases/start-deal.ts',
    '../events/on-sign-signed.ts',
  ],
  'apps/some-svc/src/http': ['pg', '@prisma/client', '../data/deals.store.ts', '../data/generated/client.ts'],
  'apps/some-svc/src/events': ['pg', '@prisma/client', '../data/deals.store.ts', '../data/generated/client.ts'],
  'packages/shared/src/contracts': ['express', '@uw-wizard/shared/errors', '../platform/problem.ts', '../errors.ts'],
};

const mayImport: Record<string, string[]> = {
  'apps/some-svc/src/domain': ['@uw-wizard/shared/errors', '@uw-wizard/shared/contracts/offer', 'zod', './money.ts'],
  'apps/some-svc/src/domain/pricing': ['../deal.ts'],
  'apps/some-svc/src/usecases': ['../domain/deal.ts', '@uw-wizard/shared/platform/command'],
  'apps/some-svc/src/data': ['../domain/deal.ts', './generated/client.ts', 'pg'],
  'apps/some-svc/src/http': ['../usecases/start-deal.ts', 'express'],
  'apps/some-svc/src/events': ['../usecases/start-deal.ts'],
  'packages/shared/src/contracts': ['zod', './event.ts'],
};

const imports = (table: Record<string, string[]>, rule: string | null): Example[] =>
  Object.entries(table).flatMap(([folder, modules]) =>
    modules.map((module) => ({
      title: `${folder} ${rule === null ? 'may' : 'may not'} import ${module}`,
      path: `${folder}/example.ts`,
      code: `import { it } from '${module}';\n\nexport const same = it;\n`,
      rule,
    })),
  );

const makesUp = (name: string): Example => ({
  title: `domain/ may not make things up with ${name}`,
  path: `${service}/domain/example.ts`,
  code: `import { ${name} } from 'node:crypto';\n\nexport const same = ${name};\n`,
  rule: 'noRestrictedImports',
});

const readsEnv = 'export const url = process.env.DATABASE_URL;\n';
const logs = "console.log('here');\n";

const examples: Example[] = [
  ...imports(mayNotImport, 'noRestrictedImports'),
  ...imports(mayImport, null),
  ...['randomUUID', 'randomBytes', 'generateKeyPairSync'].map(makesUp),
  {
    title: 'domain/ may compute a hash',
    path: `${service}/domain/example.ts`,
    code: "import { createHash } from 'node:crypto';\n\nexport const same = createHash;\n",
    rule: null,
  },
  { title: 'config.ts may not read process.env', path: `${service}/config.ts`, code: readsEnv, rule: 'noProcessEnv' },
  { title: 'main.ts may read process.env', path: `${service}/main.ts`, code: readsEnv, rule: null },
  { title: 'a service may not write to the console', path: `${service}/service.ts`, code: logs, rule: 'noConsole' },
  { title: 'main.ts may write to the console', path: `${service}/main.ts`, code: logs, rule: null },
  {
    title: 'two files may not import each other',
    path: `${service}/usecases/one.ts`,
    code: "import { two } from './two.ts';\n\nexport const one = () => two;\n",
    beside: { 'two.ts': "import { one } from './one.ts';\n\nexport const two = () => one;\n" },
    rule: 'noImportCycles',
  },
  {
    title: 'nobody may use any',
    path: `${service}/domain/example.ts`,
    code: 'export function same(value: any) {\n  return value;\n}\n',
    rule: 'noExplicitAny',
  },
  {
    title: 'nobody may claim with ! that something is there',
    path: `${service}/domain/example.ts`,
    code: 'export const first = (list: string[]) => list[0]!;\n',
    rule: 'noNonNullAssertion',
  },
  {
    title: 'exports have names',
    path: `${service}/domain/example.ts`,
    code: 'export default 1;\n',
    rule: 'noDefaultExport',
  },
];

const reportSchema = z.object({
  diagnostics: z.array(z.object({ category: z.string(), location: z.object({ path: z.string() }) })),
});

let folder: string;
/** What was said about each example, by its number. */
const said: string[][] = examples.map(() => []);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'uw-wizard-rules-'));
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  // Each example lies in a small project of its own, below its number, where no ignore file hides it.
  config.vcs.enabled = false;
  for (const override of config.overrides) {
    override.includes = override.includes.map((glob: string) => (glob.startsWith('**') ? glob : `**/${glob}`));
  }
  writeFileSync(join(folder, 'biome.json'), JSON.stringify(config));
  for (const [number, { path, code, beside }] of examples.entries()) {
    const file = join(folder, String(number), path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    for (const [name, text] of Object.entries(beside ?? {})) writeFileSync(join(dirname(file), name), text);
  }
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const run = spawnSync(join(root, 'node_modules', '.bin', 'biome'), args, { cwd: folder, encoding: 'utf8' });
  for (const { category, location } of reportSchema.parse(JSON.parse(run.stdout)).diagnostics) {
    said[Number(location.path.split('/')[0])]?.push(category.split('/').at(-1) ?? category);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each(examples.map(({ title, rule }, number) => [title, rule, number] as const))('%s', (_title, rule, number) => {
  expect([...new Set(said[number])]).toEqual(rule === null ? [] : [rule]);
});
