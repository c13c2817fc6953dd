import { setTimeout as pause } from 'node:timers/promises';
import { Client, DatabaseError, escapeIdentifier } from 'pg';

/** Shorter than the second after which PostgreSQL looks for deadlocks: we give way, never a service. */
const lockTimeoutMs = 400;
const attempts = 40;

/** A database, open for reading as it was at one moment. */
export type Reading<Name extends string> = { name: Name; client: Client };

/**
 * Opens all databases as of one moment: `work` reads what was committed before it and nothing later, while the services go
 * on. For that moment (some milliseconds) nothing is written in any of them, so that no fact is in one database whose
 * cause is missing in another.
 */
export async function asOfOneMoment<Name extends string, T>(
  urls: Readonly<Record<Name, string>>,
  work: (readings: Reading<Name>[], takenAt: Date) => Promise<T>,
): Promise<T> {
  const names = Object.keys(urls) as Name[];
  const opened: Client[] = [];
  const open = async (name: Name) => {
    const client = new Client({ connectionString: urls[name], connectionTimeoutMillis: 10_000 });
    opened.push(client);
    await client.connect();
    return { name, client };
  };
  try {
    const writers = await Promise.all(names.map(open));
    const readings = await Promise.all(names.map(open));
    await stopWriting(writers.map(({ client }) => client));
    // The first statement of such a transaction fixes what it sees.
    await Promise.all(
      readings.map(async ({ client }) => {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await client.query('SELECT 1');
      }),
    );
    const takenAt = new Date();
    await Promise.all(writers.map(({ client }) => client.query('ROLLBACK')));
    return await work(readings, takenAt);
  } finally {
    await Promise.all(opened.map((client) => client.end().catch(() => undefined)));
  }
}

/** Holds every table of every database against writing. Tried again as a whole: nobody waits long for us. */
async function stopWriting(clients: readonly Client[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const locked = await Promise.allSettled(clients.map(lockTables));
    const failed = locked.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    await Promise.all(clients.map((client) => client.query('ROLLBACK')));
    if (!isLockTimeout(failed.reason) || attempt === attempts) throw failed.reason;
    await pause(50 + Math.random() * 200);
  }
}

async function lockTables(client: Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
  const { rows } = await client.query<{ name: string }>(tablesOf);
  if (rows.length === 0) return;
  await client.query(`LOCK TABLE ${rows.map(({ name }) => escapeIdentifier(name)).join(', ')} IN SHARE MODE`);
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '55P03' || error.code === '40P01');
}

/** The tables of a service; those of an extension are made with it. */
export const tablesOf = `
  SELECT c.relname AS name FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> '_prisma_migrations'
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
   ORDER BY c.relname`;
