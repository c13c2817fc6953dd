import type { SqlTx } from './database.ts';

/** Runs a statement whose outcome nobody needs. Waits for it only where the transaction knows no other way. */
export function laterIn(tx: SqlTx) {
  return async (query: TemplateStringsArray, ...values: unknown[]): Promise<void> => {
    if (tx.$executeLater === undefined) await tx.$executeRaw(query, ...values);
    else tx.$executeLater(query, ...values);
  };
}
