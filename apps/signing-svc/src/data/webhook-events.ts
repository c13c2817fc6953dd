import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { KeptEvent } from '../domain/webhook/report.ts';

/** The webhook events of `tenantId`, in one transaction. */
export function createWebhookEvents(tx: PlainTx, tenantId: string) {
  return {
    /** Keeps an event. False when it was kept before. `dueAt`: when to ask the provider what it is about. */
    async keep(event: KeptEvent, receivedAt: Date, dueAt: Date | null): Promise<boolean> {
      const { provider, target, eventId, dealId, facts, matched } = event;
      const kept = await tx.run(
        `INSERT INTO webhook_events
           (tenant_id, provider, target, event_id, deal_id, facts, matched, received_at, settled_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
        [
          ...[tenantId, provider, target, eventId, dealId, JSON.stringify(facts), matched],
          ...[receivedAt, dueAt === null ? receivedAt : null, dueAt],
        ],
      );
      return kept === 1;
    },
    /** The provider has been asked, or given up on. */
    async settle(event: { provider: string; target: string; eventId: string }, at: Date): Promise<void> {
      tx.later(
        `UPDATE webhook_events SET settled_at = $5, due_at = NULL
         WHERE tenant_id = $1 AND provider = $2 AND target = $3 AND event_id = $4`,
        [tenantId, event.provider, event.target, event.eventId, at],
      );
    },
  };
}
