import type { SqlTx } from './database.ts';

/** Runs a statement whose outcome nobody needs. Waits for it only where the transaction knows no other way. */
export function laterIn(tx: SqlTx) {
  return async (query: TemplateStringsArray, ...values: unknown[]): Promise<void> => {
    if (tx.$executeLater === undefined) await tx.$executeRaw(query, ...values);
    else tx.$executeLater(query, ...values);
  };
}

/** Waits for what was begun in `tx` and tells nobody anything, together with the commit where the transaction can. */
export async function awaitInCommit(tx: SqlTx, begun: Promise<unknown>): Promise<void> {
  if (tx.$commitAwaits === undefined) await begun;
  else tx.$commitAwaits(begun);
}

/**
 * Does `work` behind a statement that is on its way already and says whether `work` is to count; both leave together, where
 * the transaction can. Rejects with what `asked` rejects with, whatever `work` came to: it has no effect outside of `tx`.
 */
export async function workBehind<T>(tx: SqlTx, asked: Promise<void>, work: () => Promise<T>): Promise<T> {
  if (tx.$executeLater === undefined) {
    await asked;
    return work();
  }
  const [answer, done] = await Promise.allSettled([asked, work()]);
  if (answer.status === 'rejected') throw answer.reason;
  if (done.status === 'rejected') throw done.reason;
  return done.value;
}
