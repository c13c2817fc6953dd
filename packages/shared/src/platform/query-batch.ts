import type { Pool, QueryResult, QueryResultRow } from 'pg';

/**
 * Runs statements without parameters in one round trip and, unless a transaction is open already, as one transaction.
 * Each sees what was committed before it began. Gives each statement's rows; values belong in `escapeLiteral` of pg.
 */
export async function queryBatch(
  client: Pick<Pool, 'query'>,
  statements: readonly [string, string, ...string[]],
): Promise<QueryResultRow[][]> {
  // Of several statements pg gives a list of results, of which its types know nothing.
  const results = (await client.query(statements.join(';\n'))) as unknown as QueryResult[];
  return results.map(({ rows }) => rows);
}
