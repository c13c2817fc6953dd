import { smsAlerted, smsDelivered, smsFailed, smsSent } from '@uw-wizard/shared/contracts/sms';
import { type Audited, audit } from '@uw-wizard/shared/platform/audit';
import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { refuseErased } from '@uw-wizard/shared/platform/erasure';
import { fact, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { validate as isUuid } from 'uuid';
import { maskNumber, movesOn } from '../domain/message.ts';
import type { Message, NewMessage, SendingRules } from '../domain/text.ts';
import { about } from './about.ts';
import { isBlocked } from './blocks.ts';
import type { SmsTx } from './store.ts';

/** Our own texts: meant, sent, reported on. Each method is one transaction. */
export function createOutbound(database: Database<SmsTx>) {
  /** Before a tenant is known: one of our texts, by our id or by the provider's. */
  async function findOutbound(provider: string, id: string): Promise<{ tenant_id: string; id: string } | undefined> {
    const { rows } = await database.pool.query<{ tenant_id: string; id: string }>(
      'SELECT tenant_id, id FROM text_by_provider_id($1, $2)',
      [provider, id],
    );
    if (rows[0] !== undefined || !isUuid(id)) return rows[0];
    const ours = await database.pool.query<{ tenant_id: string; id: string }>(
      'SELECT tenant_id, id FROM text_by_id($1)',
      [id],
    );
    return ours.rows[0];
  }

  return {
    /**
     * Stores the intent to send, unless `decide` throws. A repeat of the same call finds the first intent instead. The
     * tenant's lock makes the limits exact when many calls come at once.
     */
    async intend(
      message: NewMessage,
      dealTime: string | null,
      decide: (rules: SendingRules) => void,
      now: Date,
    ): Promise<Message> {
      const { tenantId, number, sender, category } = message;
      return database.withTenant(tenantId, async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('texts'), hashtext(${tenantId}))`;
        const earlier = await findMeant(tx, message, now);
        if (earlier !== null) return earlier;
        const sent = { tenantId, direction: 'outbound', purpose: 'api' } as const;
        const consent = await tx.consent.findUnique({
          where: { tenantId_number_category: { tenantId, number, category } },
        });
        decide({
          blocked: await isBlocked(tx, tenantId, number, sender),
          marketingConsent: consent?.granted ?? false,
          tenantLastMinute: await tx.message.count({
            where: { ...sent, createdAt: { gt: new Date(now.getTime() - 60_000) } },
          }),
          recipientLastHour: await tx.message.count({
            where: { ...sent, number, createdAt: { gt: new Date(now.getTime() - 3_600_000) } },
          }),
        });
        if (message.dealId !== null && dealTime !== null) await observe(tx, tenantId, message.dealId, dealTime);
        if (message.merchantId !== null) await refuseErased(tx, tenantId, message.merchantId);
        const { id, dealId, segments } = message;
        note(tx, message, {
          action: 'sms.requested',
          entityId: id,
          after: { dealId, phone: number, category, segments },
        });
        return tx.message.create({ data: { ...message, direction: 'outbound', status: 'intent', createdAt: now } });
      });
    },

    async blocked(tenantId: string, number: string, sender: string | null): Promise<boolean> {
      return database.withTenant(tenantId, (tx) => isBlocked(tx, tenantId, number, sender));
    },

    /** The provider has the text: the call is answered, the fact announced. */
    async recordSent(
      command: Command<Message>,
      id: string,
      providerMessageId: string,
      now: Date,
    ): Promise<RecordedAnswer> {
      const { answer } = await commitCommand(database, command, (tx) =>
        markSent(tx, command.identity.tenant, id, providerMessageId, now),
      );
      return answer;
    },

    /** As `recordSent`, for a text that no call waits for. */
    async finish(tenantId: string, id: string, providerMessageId: string, now: Date): Promise<void> {
      await database.withTenant(tenantId, (tx) => markSent(tx, tenantId, id, providerMessageId, now));
    },

    /** The provider cannot say what became of the text: people are told, nothing is sent again. */
    async recordUnknown(message: Message, error: string, now: Date): Promise<void> {
      const { tenantId, id } = message;
      await database.withTenant(tenantId, async (tx) => {
        const { count } = await tx.message.updateMany({
          where: { tenantId, id, status: 'intent' },
          data: { status: 'unknown', error },
        });
        if (count === 0) return;
        const alert = {
          severity: 'warning' as const,
          code: 'sms-outcome-unknown',
          message: `It is not known whether a text to ${maskNumber(message.number)} was sent. Check with the provider before sending it again.`,
        };
        await writeFacts(tx, { tenantId, now }, [fact(smsAlerted, about(message), alert)]);
      });
    },

    /** A STOP came before the text went out: it is not sent, and the call's key is free for another try. */
    async recordRefused(message: Message, error: string, now: Date): Promise<void> {
      const { tenantId, id, category } = message;
      await database.withTenant(tenantId, async (tx) => {
        const data = { status: 'failed', error, commandRef: null } as const;
        const { count } = await tx.message.updateMany({ where: { tenantId, id, status: 'intent' }, data });
        if (count === 0) return;
        await writeFacts(tx, { tenantId, now }, [fact(smsFailed, about(message), { message_id: id, category, error })]);
      });
    },

    /** Our own answers that have not gone out, and texts of a call that were meant before `abandonedBefore`: oldest first. */
    async unfinished(abandonedBefore: Date, limit: number): Promise<Message[]> {
      const { rows } = await database.worker.query<{ tenant_id: string; id: string }>(
        "SELECT tenant_id, id FROM messages WHERE status = 'intent' AND (purpose <> 'api' OR created_at < $1) ORDER BY created_at LIMIT $2",
        [abandonedBefore, limit],
      );
      const found: Message[] = [];
      for (const { tenant_id: tenantId, id } of rows) {
        const message = await database.withTenant(tenantId, (tx) => tx.message.findFirst({ where: { tenantId, id } }));
        if (message !== null) found.push(message);
      }
      return found;
    },

    /** Applies a provider's status report. `id` is ours or the provider's; null when neither knows it, false when it changes nothing. */
    async report(
      { provider, id }: { provider: string; id: string },
      status: 'sent' | 'delivered' | 'failed',
      error: string | null,
      now: Date,
    ): Promise<boolean | null> {
      const found = await findOutbound(provider, id);
      if (found === undefined) return null;
      const tenantId = found.tenant_id;
      return database.withTenant(tenantId, async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM messages WHERE tenant_id = ${tenantId} AND id = ${found.id}::uuid FOR UPDATE`;
        const message = await tx.message.findFirstOrThrow({ where: { tenantId, id: found.id } });
        if (!movesOn(message.status, status)) return false;
        const data = { status, error, ...(status === 'delivered' ? { deliveredAt: now } : {}) };
        await tx.message.update({ where: { id: message.id }, data });
        const change = { before: { status: message.status }, after: { status } };
        note(tx, message, { action: `sms.${status}`, entityId: message.id, ...change });
        const subject = about(message);
        if (status === 'delivered')
          await writeFacts(tx, { tenantId, now }, [fact(smsDelivered, subject, { message_id: message.id })]);
        if (status === 'failed')
          await writeFacts(tx, { tenantId, now }, [
            fact(smsFailed, subject, { message_id: message.id, category: message.category, error: error ?? 'unknown' }),
          ]);
        return true;
      });
    },
  };
}

function note(tx: SmsTx, { tenantId }: { tenantId: string }, what: Omit<Audited, 'entityType'>): void {
  audit(tx, { publisher: 'sms-svc', tenantId }, [{ entityType: 'message', ...what }]);
}

/** The text that this very call meant before. A key is free again a day later: the old text then lets go of it. */
async function findMeant(tx: SmsTx, { tenantId, commandRef }: NewMessage, now: Date): Promise<Message | null> {
  if (commandRef === null) return null;
  const dayAgo = new Date(now.getTime() - 24 * 60 * 60 * 1000);
  await tx.message.updateMany({
    where: { tenantId, commandRef, createdAt: { lt: dayAgo } },
    data: { commandRef: null },
  });
  return tx.message.findFirst({ where: { tenantId, commandRef } });
}

async function markSent(
  tx: SmsTx,
  tenantId: string,
  id: string,
  providerMessageId: string,
  now: Date,
): Promise<Message> {
  await tx.$queryRaw`SELECT 1 FROM messages WHERE tenant_id = ${tenantId} AND id = ${id}::uuid FOR UPDATE`;
  const message = await tx.message.findFirstOrThrow({ where: { tenantId, id } });
  if (!movesOn(message.status, 'sent')) return message;
  const sent = await tx.message.update({
    where: { id },
    data: { status: 'sent', providerMessageId, sentAt: now, error: null },
  });
  await writeFacts(tx, { tenantId, now }, [
    fact(smsSent, about(sent), { message_id: id, category: sent.category, segments: sent.segments }),
  ]);
  return sent;
}
