import type { PrismaLike, SqlTx } from '@uw-wizard/shared/platform/database';
import { Pool, type PoolClient } from 'pg';

/**
 * The part of a generated Prisma client that the platform needs, on plain connections: for tests of the platform itself,
 * which has no schema of its own to generate a client from.
 */
export function createSqlClient(url: string): PrismaLike<SqlTx> {
  const pool = new Pool({ connectionString: url, max: 20 });
  pool.on('error', () => undefined);
  return {
    async $transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(transactionOn(client));
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        // The connection itself may be what failed; it is not given to anybody else.
        const broken = await client.query('ROLLBACK').then(
          () => false,
          () => true,
        );
        client.release(broken);
        throw error;
      }
    },
    $disconnect: () => pool.end(),
  };
}

function transactionOn(client: PoolClient): SqlTx {
  const run = (query: TemplateStringsArray, values: unknown[]) =>
    client.query(
      query.reduce((text, part, index) => `${text}$${index}${part}`),
      values,
    );
  return {
    // Like Prisma's own raw queries: the caller says what the rows are.
    $queryRaw: async <T>(query: TemplateStringsArray, ...values: unknown[]) => (await run(query, values)).rows as T,
    $executeRaw: async (query, ...values) => (await run(query, values)).rowCount ?? 0,
  };
}
