import type { Client } from 'pg';

/**
 * Drops a database, and ends whatever client is still connected to it. Not `WITH (FORCE)`: that refuses while an
 * autovacuum worker, which belongs to no role of ours, is in it; without, the server sends the worker away by itself.
 */
export async function dropDatabase(admin: Client, name: string): Promise<void> {
  await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
    [name],
  );
  await admin.query(`DROP DATABASE IF EXISTS "${name}"`);
}
