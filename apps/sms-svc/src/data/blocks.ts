import type { SmsTx } from './store.ts';

/** Whether `tenantId` may not text `number` from `sender`: somebody there said STOP, and this tenant got no START since. */
export async function isBlocked(tx: SmsTx, tenantId: string, number: string, sender: string | null): Promise<boolean> {
  const senders = sender === null ? undefined : { in: [sender, '*'] };
  const block = await tx.numberBlock.findFirst({
    where: { number, ...(senders === undefined ? {} : { sender: senders }) },
  });
  if (block === null) return false;
  return (await tx.blockLift.findUnique({ where: { number_tenantId: { number, tenantId } } })) === null;
}

/**
 * STOP: blocks the number for every tenant on `sender` (`null`: on all of them), whoever had been let back in. Returns
 * false when it was blocked like that already. The number's lock makes two STOPs at once one of them.
 */
export async function block(
  tx: SmsTx,
  number: string,
  sender: string | null,
  keyword: string,
  now: Date,
): Promise<boolean> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('number'), hashtext(${number}))`;
  const lifted = await forgetLifts(tx, number);
  const key = { number, sender: sender ?? '*' };
  const present = await tx.numberBlock.findFirst({ where: { number, sender: { in: [key.sender, '*'] } } });
  if (present !== null) return lifted > 0;
  await tx.numberBlock.create({ data: { ...key, keyword, blockedAt: now } });
  return true;
}

/** START: lets `tenantId` text the number again or, with `null`, everybody. */
export async function unblock(tx: SmsTx, number: string, tenantId: string | null, now: Date): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('number'), hashtext(${number}))`;
  if (tenantId === null) {
    await tx.numberBlock.deleteMany({ where: { number } });
    await forgetLifts(tx, number);
    return;
  }
  await tx.blockLift.upsert({
    where: { number_tenantId: { number, tenantId } },
    create: { number, tenantId, liftedAt: now },
    update: { liftedAt: now },
  });
}

/** Lets nobody have been let back in, of any tenant; returns how many had been. */
async function forgetLifts(tx: SmsTx, number: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ lifts: number }[]>`SELECT forget_block_lifts(${number}) AS lifts`;
  return row?.lifts ?? 0;
}
