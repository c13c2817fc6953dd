/**
 * `npm run db:migration -- <service> <name>`: writes what changed in the service's prisma/schema.prisma since its last
 * migration into a new one. The present migrations are applied to a PostgreSQL of its own, and the schema is compared
 * with the result. Read what it wrote: a rename looks like a drop and an add.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import { startThrowAwayPostgres } from '@uw-wizard/local-postgres/throw-away';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { Client, Pool, type QueryResult, types } from 'pg';

/** Made by the platform's own migration, the same in every service; no schema describes them. */
const platformTables = [
  'outbox',
  'outbox_clock',
  'inbox',
  'inbox_cursor',
  'dead_letter',
  'idempotency',
  'erased_merchant',
  '_prisma_migrations',
];

const [service, name] = process.argv.slice(2);
const prismaFolder = join(import.meta.dirname, '..', 'apps', service ?? '', 'prisma');
if (service === undefined || name === undefined || !/^[a-z0-9_]+$/.test(name) || !existsSync(prismaFolder)) {
  console.error('Use: npm run db:migration -- <service, for example deals-svc> <name_in_small_letters>');
  process.exit(1);
}

async function withEmptyDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = await startThrowAwayPostgres();
  try {
    return await work(server.url('postgres'));
  } finally {
    await server.stop();
  }
}

/** Prisma's own comparison, from its schema engine compiled to WebAssembly: no binary is downloaded. */
async function compare(url: string, schemaFile: string): Promise<string> {
  const wasm = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm')
    .replace(/\.js$/, '_bg.wasm');
  const { instance } = await WebAssembly.instantiate(await readFile(wasm), {
    './schema_engine_bg.js': { ...bindings },
  });
  bindings.__wbg_set_wasm(instance.exports);
  // The exports of a WebAssembly module have no types; this one is named in its schema_engine.js.
  (instance.exports.__wbindgen_start as () => void)();
  const files = [{ path: schemaFile, content: await readFile(schemaFile, 'utf8') }];
  const adapter = bindMigrationAwareSqlAdapterFactory(new CatalogAdapter(url));
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter);
  try {
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: join(schemaFile, '..') },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: platformTables.map((table) => `public.${table}`), externalEnums: [] },
    });
    return stdout?.includes('This is an empty migration') ? '' : (stdout ?? '');
  } finally {
    engine.free();
  }
}

/**
 * Prisma's adapter with what it lacks for reading the catalogue: the type "char", of which a catalogue query has exactly
 * one column. Read as text (all the adapter can do), and called a character again for the engine, which insists on it.
 */
class CatalogAdapter extends PrismaPg {
  constructor(url: string) {
    const pool = new Pool({ connectionString: url });
    const query = pool.query.bind(pool) as (query: object) => Promise<QueryResult>;
    const queryAsText = async (text: object) => {
      const result = await query(text);
      for (const field of result.fields) {
        if (field.dataTypeID === types.builtins.CHAR) field.dataTypeID = types.builtins.TEXT;
      }
      return result;
    };
    super(Object.assign(pool, { query: queryAsText }), { disposeExternalPool: true });
  }

  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type, index) =>
        result.columnNames[index] === 'constraint_type' ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  }
}

/** Partial indexes and indexes on expressions, which a schema cannot describe. */
async function indexesBeyondPrisma(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indpred IS NOT NULL OR indexprs IS NOT NULL',
  );
  await client.end();
  return rows.map((row) => row.name);
}

function keepIndexes(sql: string, kept: readonly string[]): string {
  return sql.replace(/-- DropIndex\nDROP INDEX "([^"]+)";\n*/g, (statement, index) =>
    kept.includes(index) ? '' : statement,
  );
}

const sql = await withEmptyDatabase(async (url) => {
  await migrate({ url, folder: join(prismaFolder, 'migrations') });
  const diff = await compare(url, join(prismaFolder, 'schema.prisma'));
  return keepIndexes(diff, await indexesBeyondPrisma(url));
});
if (sql === '') {
  console.log(`The migrations of ${service} already make what its schema describes.`);
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(prismaFolder, 'migrations', `${stamp}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), sql);
  console.log(`${join(folder, 'migration.sql')}\n\n${sql}`);
}
