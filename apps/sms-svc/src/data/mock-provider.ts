import { noEdge, type OnEdge } from '@uw-wizard/shared/platform/edges';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { SmsProvider } from '../domain/sms-provider.ts';

/**
 * A provider that carries nothing and keeps books. Its ledger is its own: written in its own statements, never in the
 * service's transactions, and it drops no duplicates, so that whoever counts its rows counts what was really asked for.
 */
export function createMockProvider(options: { pool: Pool; onEdge?: OnEdge }): SmsProvider {
  const { pool, onEdge = noEdge } = options;
  return {
    name: 'mock',
    async send({ reference, sender, number, body }) {
      const id = uuidv7();
      await pool.query('INSERT INTO mock_messages (id, reference, sender, number, body) VALUES ($1, $2, $3, $4, $5)', [
        id,
        reference,
        sender,
        number,
        body,
      ]);
      onEdge('provider-call', 'sms.send');
      return { providerMessageId: id };
    },
    async find(reference) {
      const { rows } = await pool.query<{ id: string }>(
        'SELECT id FROM mock_messages WHERE reference = $1 ORDER BY created_at LIMIT 1',
        [reference],
      );
      return rows[0] === undefined ? null : { providerMessageId: rows[0].id };
    },
  };
}
