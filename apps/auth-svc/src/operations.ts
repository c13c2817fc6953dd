import { merchantErased } from '@uw-wizard/shared/contracts/erasure';
import { DeadLetterError, findDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { createOperations, type Operations, replayErasure } from '@uw-wizard/shared/platform/operations';
import { inPlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { openPool } from '@uw-wizard/shared/platform/traced-pool';
import { append } from './data/audit-log.ts';
import type { AuditKeys } from './domain/audit-chain.ts';
import { readAudit } from './events/from-audit.ts';

/** What an operator may do with the messages of auth-svc, on its migrated database. */
export function openAuthOperations(options: {
  databaseUrl: string;
  databaseWorkerUrl: string;
  auditKeys: AuditKeys;
}): Operations {
  const [key] = options.auditKeys;
  const settings = { max: 2, connectionTimeoutMillis: 5_000, pipeline: true };
  const pool = openPool({ connectionString: options.databaseUrl, ...settings });
  const worker = openPool({ connectionString: options.databaseWorkerUrl, ...settings });
  return createOperations({
    service: 'auth-svc',
    pool: worker,
    async replay(id) {
      const letter = await findDeadLetter({ worker }, id);
      if (letter === null) throw new DeadLetterError(`There is no dead letter ${id}.`);
      if (letter.type === merchantErased.type) return replayErasure({ pool, worker }, id);
      const read = readAudit(letter.body);
      if (!read.readable) throw new DeadLetterError(`Dead letter ${id} still cannot be read: ${read.reason}`);
      // One that could not be read was kept as another tenant's, or as nobody's.
      await worker.query('UPDATE dead_letter SET tenant_id = $2 WHERE id = $1 AND tenant_id IS DISTINCT FROM $2', [
        id,
        read.tenantId,
      ]);
      await inPlainTx(pool, read.tenantId, async (tx) => {
        const claimed = await tx.run(
          'UPDATE dead_letter SET replayed_at = now() WHERE id = $1 AND replayed_at IS NULL AND discarded_at IS NULL',
          [id],
        );
        if (claimed === 0) throw new DeadLetterError(`Dead letter ${id} was replayed or discarded before.`);
        await append(tx, key, read.tenantId, read.records);
      });
    },
    async close() {
      await pool.end();
      await worker.end();
    },
  });
}
