import type { KeptEvent } from '../domain/webhook/report.ts';
import type { Tx } from './database.ts';

/** The webhook events of `tenantId`, in one transaction. */
export function createWebhookEvents(tx: Tx, tenantId: string) {
  return {
    /** Keeps an event. False when it was kept before. `dueAt`: when to ask the provider what it is about. */
    async keep(event: KeptEvent, receivedAt: Date, dueAt: Date | null): Promise<boolean> {
      const settledAt = dueAt === null ? receivedAt : null;
      const kept = await tx.webhookEvent.createMany({
        data: [{ ...event, tenantId, receivedAt, settledAt, dueAt }],
        skipDuplicates: true,
      });
      return kept.count === 1;
    },
    /** The provider has been asked, or given up on. */
    async settle(event: { provider: string; target: string; eventId: string }, at: Date): Promise<void> {
      const { provider, target, eventId } = event;
      await tx.webhookEvent.updateMany({
        where: { tenantId, provider, target, eventId },
        data: { settledAt: at, dueAt: null },
      });
    },
  };
}
