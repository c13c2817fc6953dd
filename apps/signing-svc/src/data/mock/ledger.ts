import { erasedText } from '@uw-wizard/shared/platform/blank';
import { inOnePacket, inOneStatement, unhurried } from '@uw-wizard/shared/platform/plain-tx';
import { openPool } from '@uw-wizard/shared/platform/traced-pool';
import { v7 as uuidv7 } from 'uuid';
import type { SigningRequest } from '../../domain/signing-provider.ts';

export type MockStatus = 'sent' | 'delivered' | 'completed' | 'declined' | 'voided';

export type MockEnvelope = {
  readonly id: string;
  readonly dealId: string;
  readonly reference: string;
  readonly recipientEmail: string;
  readonly recipientName: string;
  readonly subject: string;
  readonly document: Buffer;
  readonly status: MockStatus;
  readonly createdAt: Date;
  readonly changedAt: Date;
};

/** A call to the customer's webhook that is due. `attempts` counts this one. */
export type DueCallback = { readonly id: string; readonly body: string; readonly attempts: number };

type Row = {
  id: string;
  deal_id: string;
  reference: string;
  recipient_email: string;
  recipient_name: string;
  subject: string;
  document: Buffer;
  status: MockStatus;
  created_at: Date;
  changed_at: Date;
};

export type MockLedger = ReturnType<typeof openMockLedger>;

/**
 * The mock provider's own books, on a connection of its own: what it commits is committed, whatever becomes of the
 * transaction or process that asked for it. It removes no duplicates; tests count what is in it.
 */
export function openMockLedger(databaseUrl: string) {
  const pool = openPool({ connectionString: databaseUrl, max: 4, connectionTimeoutMillis: 5_000, pipeline: true });

  async function one(sql: string, values: unknown[]): Promise<MockEnvelope | null> {
    const [row] = await inOneStatement<Row>(pool, sql, values);
    return row === undefined ? null : toMockEnvelope(row);
  }

  return {
    async add(request: SigningRequest): Promise<MockEnvelope> {
      const added = await one(
        `INSERT INTO mock_envelopes
           (id, tenant_id, deal_id, reference, recipient_email, recipient_name, subject, document, status)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'sent') RETURNING *`,
        [
          uuidv7(),
          request.tenantId,
          request.dealId,
          request.reference,
          request.recipientEmail,
          request.recipientName,
          request.subject,
          request.document,
        ],
      );
      if (added === null) throw new Error('the mock ledger kept nothing');
      return added;
    },
    find: (id: string) => one('SELECT * FROM mock_envelopes WHERE id = $1', [id]),
    findByReference: (reference: string) =>
      one('SELECT * FROM mock_envelopes WHERE reference = $1 ORDER BY created_at DESC LIMIT 1', [reference]),
    /**
     * Moves an envelope and, by the same statement, notes the call to the webhook that announces it. `decide` returns the new
     * status and that call, or null to leave everything as it is; it is asked again about one that somebody else has moved.
     */
    async move(
      id: string,
      decide: (
        envelope: MockEnvelope,
        now: Date,
      ) => { status: MockStatus; voidReason?: string; event?: string; body?: string } | null,
    ): Promise<MockEnvelope | null> {
      for (;;) {
        const envelope = await one('SELECT * FROM mock_envelopes WHERE id = $1', [id]);
        const move = envelope === null ? null : decide(envelope, new Date());
        if (envelope === null || move === null) return envelope;
        const moved = await one(
          `WITH moved AS (
             UPDATE mock_envelopes SET status = $2, void_reason = $3, changed_at = now()
             WHERE id = $1 AND status = $4 RETURNING *
           ), noted AS (
             INSERT INTO mock_callbacks (id, envelope_id, event, body, due_at)
             SELECT $5::uuid, id, $6, $7, now() FROM moved WHERE $7::text IS NOT NULL
           )
           SELECT * FROM moved`,
          [id, move.status, move.voidReason ?? null, envelope.status, uuidv7(), move.event ?? null, move.body ?? null],
        );
        if (moved !== null) return moved;
      }
    },
    /**
     * Takes calls that are due, and puts each off (a second, then twice as long each time, an hour at most) in case it is not
     * delivered. A call that takes longer may be made twice when there are replicas; a customer has to bear that.
     */
    async takeCallbacks(limit: number): Promise<DueCallback[]> {
      const text = `UPDATE mock_callbacks c
           SET due_at = now() + make_interval(secs => least(3600, power(2, least(c.attempts, 12)))), attempts = c.attempts + 1
           FROM (SELECT id FROM mock_callbacks WHERE due_at <= now() ORDER BY due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED) due
           WHERE c.id = due.id RETURNING c.id, c.body, c.attempts`;
      const [, taken = []] = await inOnePacket(pool, [{ text: unhurried }, { text, values: [limit] }]);
      // The columns that the statement returns.
      return taken as DueCallback[];
    },
    /** The webhook took the call. */
    async delivered(id: string, answer: string): Promise<void> {
      const text = 'UPDATE mock_callbacks SET delivered_at = now(), due_at = NULL, last_answer = $2 WHERE id = $1';
      await inOnePacket(pool, [{ text: unhurried }, { text, values: [id, answer] }]);
    },
    /** The webhook did not take the call; taking it has set when it is tried again. */
    async notDelivered(id: string, answer: string): Promise<void> {
      await pool.query('UPDATE mock_callbacks SET last_answer = $2 WHERE id = $1', [id, answer]);
    },
    /** What the provider keeps of people goes, of the envelopes with these references; what it owes the webhook, too. */
    async forget(references: readonly string[]): Promise<void> {
      await pool.query(
        `WITH forgotten AS (
           UPDATE mock_envelopes SET recipient_email = $2, recipient_name = $2, subject = $2, document = '', void_reason = NULL
           WHERE reference = ANY($1) RETURNING id)
         UPDATE mock_callbacks SET body = '', due_at = NULL WHERE envelope_id IN (SELECT id FROM forgotten)`,
        [references, erasedText],
      );
    },
    close: () => pool.end(),
  };
}

function toMockEnvelope(row: Row): MockEnvelope {
  return {
    id: row.id,
    dealId: row.deal_id,
    reference: row.reference,
    recipientEmail: row.recipient_email,
    recipientName: row.recipient_name,
    subject: row.subject,
    document: row.document,
    status: row.status,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
