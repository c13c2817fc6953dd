import { createHash } from 'node:crypto';
import {
  consentGranted,
  consentRevoked,
  smsAlerted,
  smsDelivered,
  smsFailed,
  smsReceived,
  smsSent,
} from '@uw-wizard/shared/contracts/sms';
import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { type Fact, fact, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { maskNumber, movesOn } from '../domain/message.ts';
import type { BlockChange, Conversation, Message, NewInbound, NewMessage, SendingRules } from '../domain/text.ts';
import { block, isBlocked, unblock } from './blocks.ts';
import type { Prisma } from './generated/client.ts';

export type SmsTx = Prisma.TransactionClient;

export type SmsStore = ReturnType<typeof createSmsStore>;

/** Everything sms-svc keeps. Each method is one transaction. */
export function createSmsStore(database: Database<SmsTx>) {
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
      const { tenantId, number, sender, commandRef, category } = message;
      return database.withTenant(tenantId, async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('texts'), hashtext(${tenantId}))`;
        const earlier = commandRef === null ? null : await tx.message.findUnique({ where: { commandRef } });
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

    /** Texts that were meant before `before` and whose caller is gone. */
    async unfinished(before: Date, limit: number): Promise<Message[]> {
      const { rows } = await database.pool.query<{ tenant_id: string; id: string }>(
        "SELECT tenant_id, id FROM messages WHERE status = 'intent' AND created_at < $1 ORDER BY created_at LIMIT $2",
        [before, limit],
      );
      const found = await Promise.all(
        rows.map(({ tenant_id: tenantId, id }) =>
          database.withTenant(tenantId, (tx) => tx.message.findFirst({ where: { tenantId, id } })),
        ),
      );
      return found.filter((message) => message !== null);
    },

    /** Before a tenant is known: the conversation `number` is in, by the last text it got (from `sender`, when given). */
    async conversationOf(number: string, sender: string | null): Promise<Conversation | null> {
      const { rows } = await database.pool.query<{
        tenant_id: string;
        deal_id: string | null;
        merchant_id: string | null;
      }>(
        "SELECT tenant_id, deal_id, merchant_id FROM messages WHERE number = $1 AND direction = 'outbound' AND ($2::text IS NULL OR sender = $2) ORDER BY created_at DESC LIMIT 1",
        [number, sender],
      );
      const row = rows[0];
      return row === undefined ? null : { tenantId: row.tenant_id, dealId: row.deal_id, merchantId: row.merchant_id };
    },

    /** Before a tenant is known: every tenant that keeps a consent of `number`. */
    async tenantsWithConsentOf(number: string): Promise<string[]> {
      const { rows } = await database.pool.query<{ tenant_id: string }>(
        'SELECT DISTINCT tenant_id FROM consents WHERE number = $1',
        [number],
      );
      return rows.map((row) => row.tenant_id);
    },

    /**
     * Stores an inbound text and what it changes, in one transaction; null when the provider has reported this text
     * before. `reply`, when there is one, is stored as an intent with it.
     */
    async receive(
      inbound: NewInbound,
      change: BlockChange,
      reply: (changed: boolean) => NewMessage | null,
      now: Date,
    ): Promise<{ reply: Message | null } | null> {
      const { tenantId, number, sender, action, ...rest } = inbound;
      return database.withTenant(tenantId, async (tx) => {
        if (inbound.providerMessageId !== null) {
          const where = {
            provider_direction_providerMessageId: {
              provider: inbound.provider,
              direction: 'inbound' as const,
              providerMessageId: inbound.providerMessageId,
            },
          };
          await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('inbound'), hashtext(${inbound.providerMessageId}))`;
          if ((await tx.message.findUnique({ where })) !== null) return null;
        }
        const stored = await tx.message.create({
          data: {
            ...rest,
            tenantId,
            number,
            sender,
            direction: 'inbound',
            category: 'transactional',
            status: 'received',
            createdAt: now,
          },
        });
        const facts: Fact[] = [
          fact(smsReceived, about(stored), { message_id: stored.id, number: maskNumber(number), action }),
        ];
        let changed = false;
        if (change.kind === 'block') {
          changed = await block(tx, number, sender, change.keyword, now);
          await revokeConsents(tx, tenantId, number, now);
          if (changed)
            facts.push(fact(consentRevoked, about(stored), { number: maskNumber(number), keyword: change.keyword }));
        }
        if (change.kind === 'unblock') {
          changed = await isBlocked(tx, tenantId, number, sender);
          await unblock(tx, number, change.everyone ? null : tenantId, now);
          await restoreConsents(tx, tenantId, number, now);
          if (changed)
            facts.push(fact(consentGranted, about(stored), { number: maskNumber(number), keyword: 'START' }));
        }
        await writeFacts(tx, { tenantId, now }, facts);
        const answer = reply(changed);
        if (answer === null) return { reply: null };
        return {
          reply: await tx.message.create({
            data: { ...answer, direction: 'outbound', status: 'intent', createdAt: now },
          }),
        };
      });
    },

    /** STOP, for another tenant that has a consent of the number. */
    async revokeConsent(tenantId: string, number: string, keyword: string, now: Date): Promise<void> {
      await database.withTenant(tenantId, async (tx) => {
        const count = await revokeConsents(tx, tenantId, number, now);
        if (count > 0)
          await writeFacts(tx, { tenantId, now }, [
            fact(consentRevoked, { subject: subjectOf(number) }, { number: maskNumber(number), keyword }),
          ]);
      });
    },

    /** Applies a status report. `id` is ours or the provider's; null when neither knows it, false when it changes nothing. */
    async report(
      id: string,
      status: 'sent' | 'delivered' | 'failed',
      error: string | null,
      now: Date,
    ): Promise<boolean | null> {
      const { rows } = await database.pool.query<{ tenant_id: string; id: string }>(
        "SELECT tenant_id, id FROM messages WHERE direction = 'outbound' AND (id::text = $1 OR provider_message_id = $1)",
        [id],
      );
      const found = rows[0];
      if (found === undefined) return null;
      const tenantId = found.tenant_id;
      return database.withTenant(tenantId, async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM messages WHERE tenant_id = ${tenantId} AND id = ${found.id}::uuid FOR UPDATE`;
        const message = await tx.message.findFirstOrThrow({ where: { tenantId, id: found.id } });
        if (!movesOn(message.status, status)) return false;
        const data = { status, error, ...(status === 'delivered' ? { deliveredAt: now } : {}) };
        await tx.message.update({ where: { id: message.id }, data });
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

async function revokeConsents(tx: SmsTx, tenantId: string, number: string, now: Date): Promise<number> {
  const { count } = await tx.consent.updateMany({
    where: { tenantId, number, granted: true },
    data: { granted: false, revokedAt: now, source: 'keyword' },
  });
  return count;
}

/** A START gives back what a STOP took; it never grants marketing that nobody had agreed to. */
async function restoreConsents(tx: SmsTx, tenantId: string, number: string, now: Date): Promise<void> {
  await tx.consent.updateMany({
    where: { tenantId, number, granted: false, grantedAt: { not: null } },
    data: { granted: true, grantedAt: now, source: 'keyword' },
  });
}

/** Facts about a number name it by a digest: an event carries no personal data in clear. */
function subjectOf(number: string): string {
  return `number:${createHash('sha256').update(number).digest('hex').slice(0, 32)}`;
}

function about(message: Pick<Message, 'dealId' | 'merchantId' | 'number'>) {
  const { dealId, merchantId, number } = message;
  return dealId === null ? { subject: subjectOf(number) } : { dealId, merchantId: merchantId ?? undefined };
}
