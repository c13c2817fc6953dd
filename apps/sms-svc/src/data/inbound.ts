import { consentGranted, consentRevoked, smsReceived } from '@uw-wizard/shared/contracts/sms';
import { audit } from '@uw-wizard/shared/platform/audit';
import type { Database } from '@uw-wizard/shared/platform/database';
import { isErased } from '@uw-wizard/shared/platform/erasure';
import { numberSubject } from '@uw-wizard/shared/platform/number-subject';
import { type Fact, fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { maskNumber } from '../domain/message.ts';
import type { BlockChange, Conversation, Message, NewInbound, NewMessage } from '../domain/text.ts';
import { about } from './about.ts';
import { block, isBlocked, unblock } from './blocks.ts';
import type { SmsTx } from './store.ts';

/** Merchants' texts and what they change. Each method is one transaction. */
export function createInbound(database: Database<SmsTx>) {
  return {
    /** Before a tenant is known: the conversation `number` is in, by the last text it got (from `sender`, when given). */
    async conversationOf(number: string, sender: string | null): Promise<Conversation | null> {
      const { rows } = await database.pool.query<{
        tenant_id: string;
        deal_id: string | null;
        merchant_id: string | null;
      }>('SELECT tenant_id, deal_id, merchant_id FROM conversation_of($1, $2)', [number, sender]);
      const row = rows[0];
      return row === undefined ? null : { tenantId: row.tenant_id, dealId: row.deal_id, merchantId: row.merchant_id };
    },

    /** Before a tenant is known: every tenant that keeps a consent of `number`. */
    async tenantsWithConsentOf(number: string): Promise<string[]> {
      const { rows } = await database.pool.query<{ tenant_id: string }>(
        'SELECT tenant_id FROM tenants_with_consent_of($1)',
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
          await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('inbound'), hashtext(${inbound.providerMessageId}))`;
          // Also when the number talks with another tenant by now.
          const [{ known } = { known: false }] = await tx.$queryRaw<{ known: boolean }[]>`
            SELECT inbound_text_is_known(${inbound.provider}, ${inbound.providerMessageId}) AS known`;
          if (known) return null;
        }
        // Who was erased meanwhile is somebody new.
        const { merchantId } = inbound;
        const isNew = merchantId !== null && (await isErased(tx, tenantId, merchantId));
        const stored = await tx.message.create({
          data: {
            ...rest,
            ...(isNew ? { dealId: null, merchantId: null } : {}),
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
        const received = { action: 'sms.received', entityType: 'message', entityId: stored.id, after: { action } };
        audit(tx, { publisher: 'sms-svc', tenantId }, [received]);
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

    /** What a STOP or a START means for another tenant that keeps a consent of the number. Again: no change. */
    async followKeyword(tenantId: string, number: string, keyword: 'STOP' | 'START', now: Date): Promise<void> {
      await database.withTenant(tenantId, async (tx) => {
        const isStop = keyword === 'STOP';
        const count = await (isStop ? revokeConsents : restoreConsents)(tx, tenantId, number, now);
        if (count === 0) return;
        const contract = isStop ? consentRevoked : consentGranted;
        await writeFacts(tx, { tenantId, now }, [
          fact(contract, { subject: numberSubject(number) }, { number: maskNumber(number), keyword }),
        ]);
      });
    },
  };
}

/** Revokes what is granted; returns how many. */
async function revokeConsents(tx: SmsTx, tenantId: string, number: string, now: Date): Promise<number> {
  const { count } = await tx.consent.updateMany({
    where: { tenantId, number, granted: true },
    data: { granted: false, revokedAt: now, source: 'keyword' },
  });
  return count;
}

/** A START gives back what a STOP took; it never grants marketing that nobody had agreed to. Returns how many. */
async function restoreConsents(tx: SmsTx, tenantId: string, number: string, now: Date): Promise<number> {
  const { count } = await tx.consent.updateMany({
    where: { tenantId, number, granted: false, grantedAt: { not: null }, source: 'keyword' },
    data: { granted: true, grantedAt: now },
  });
  return count;
}
