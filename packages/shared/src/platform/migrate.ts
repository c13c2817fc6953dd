import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { type DatabaseRoles, grantAccess } from './access.ts';

/** A start cannot go on: the database and the migrations on disk do not fit. Nothing of the named migration is left behind. */
export class MigrationError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MigrationError';
  }
}

type Migration = { name: string; script: string; checksum: string };
type AppliedRow = { migration_name: string; checksum: string; finished_at: Date | null };

/** The lock that Prisma's own tools take, so that they and we never migrate one database at the same time. */
const migrationLock = 72707369;

/** Prisma's table, column for column: `prisma migrate status` and `deploy` keep working on it. */
const createTable = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                   varchar(36) PRIMARY KEY NOT NULL,
    checksum             varchar(64) NOT NULL,
    finished_at          timestamptz,
    migration_name       varchar(255) NOT NULL,
    logs                 text,
    rolled_back_at       timestamptz,
    started_at           timestamptz NOT NULL DEFAULT now(),
    applied_steps_count  integer NOT NULL DEFAULT 0
  )`;

/**
 * Brings the database behind `url` up to the migrations in `folder` (`<name>/migration.sql`, in the order of their names),
 * each in one transaction together with its row in `_prisma_migrations`. Safe to run from several processes at once: one
 * works, the others wait and find it done. Returns the names applied by this call.
 *
 * Throws MigrationError when an applied migration was edited since, when one fails, or when Prisma's tools left one half
 * done. A database that is ahead of the folder is accepted with a log line: migrations stay compatible with the release
 * before, so that release may go on while the next one is being rolled out. Last, `roles` are given what they need.
 */
export async function migrate(options: {
  url: string;
  folder: URL | string;
  log?: (line: string) => void;
  /** Whom to give access afterwards, besides the owner. */
  roles?: DatabaseRoles | undefined;
}): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.folder);
  const client = new Client({ connectionString: options.url, connectionTimeoutMillis: 10_000 });
  // The end of the connection fails the statement that is under way, or the next; unheard, it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    // Held by this session until it ends, whatever happens in between.
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    await client.query(createTable);
    const done = await readApplied(client, migrations, options.log);
    const applied: string[] = [];
    for (const migration of migrations) {
      if (done.has(migration.name)) continue;
      await apply(client, migration);
      options.log?.(`migration ${migration.name} applied`);
      applied.push(migration.name);
    }
    if (options.roles !== undefined) await grantAccess(client, options.roles);
    return { applied };
  } finally {
    await client.end();
  }
}

async function readMigrations(folder: URL | string): Promise<Migration[]> {
  const root = folder instanceof URL ? fileURLToPath(folder) : folder;
  const entries = await readdir(root, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(root, name, 'migration.sql'));
      return { name, script: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

/** The names of the applied migrations, after checking that each is still what it was. */
async function readApplied(
  client: Client,
  migrations: readonly Migration[],
  log: ((line: string) => void) | undefined,
): Promise<Set<string>> {
  const { rows } = await client.query<AppliedRow>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  const onDisk = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    if (row.finished_at === null) {
      throw new MigrationError(
        `Migration ${row.migration_name} was begun by another tool and not finished. Mend the database, then mark it with "prisma migrate resolve".`,
      );
    }
    const migration = onDisk.get(row.migration_name);
    if (migration === undefined) {
      log?.(`migration ${row.migration_name} is in the database and not in this version: a newer one has been here`);
    } else if (migration.checksum !== row.checksum) {
      throw new MigrationError(
        `Migration ${row.migration_name} was edited after it had been applied. Restore its file and put the change into a new migration.`,
      );
    }
  }
  return new Set(rows.map((row) => row.migration_name));
}

async function apply(client: Client, migration: Migration): Promise<void> {
  const startedAt = new Date();
  try {
    await client.query('BEGIN');
    // Without values the whole file goes as one simple query: function bodies and strings may contain semicolons.
    await client.query(migration.script);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       VALUES ($1, $2, clock_timestamp(), $3, $4, 1)`,
      [randomUUID(), migration.checksum, migration.name, startedAt],
    );
    await client.query('COMMIT');
  } catch (cause) {
    // The connection itself may be what failed; the server then rolls back without being told.
    await client.query('ROLLBACK').catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError(`Migration ${migration.name} failed and nothing of it was kept: ${reason}`, cause);
  }
}
