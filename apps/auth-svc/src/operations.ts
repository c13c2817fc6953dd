import { DeadLetterError, findDeadLetter } from '@uw-wizard/shared/platform/dead-letters';
import { createOperations, type Operations } from '@uw-wizard/shared/platform/operations';
import { inPlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { openPool } from '@uw-wizard/shared/platform/traced-pool';
import { append } from './data/audit-log.ts';
import type { AuditKeys } from './domain/audit-chain.ts';
import { readAudit } from './events/from-audit.ts';

/** What an operator may do with the messages of auth-svc, on its migrated database. */
export function openAuthOperations(options: { databaseUrl: string; auditKeys: AuditKeys }): Operations {
  const [key] = options.auditKeys;
  const pool = openPool({
    connectionString: options.databaseUrl,
    max: 2,
    connectionTimeoutMillis: 5_000,
    pipeline: true,
  });
  return createOperations({
    service: 'auth-svc',
    pool,
    async replay(id) {
      const letter = await findDeadLetter({ pool }, id);
      if (letter === null) throw new DeadLetterError(`There is no dead letter ${id}.`);
      const read = readAudit(letter.body);
      if (!read.readable) throw new DeadLetterError(`Dead letter ${id} still cannot be read: ${read.reason}`);
      await inPlainTx(pool, read.tenantId, async (tx) => {
        const claimed = await tx.run(
          'UPDATE dead_letter SET replayed_at = now() WHERE id = $1 AND replayed_at IS NULL AND discarded_at IS NULL',
          [id],
        );
        if (claimed === 0) throw new DeadLetterError(`Dead letter ${id} was replayed or discarded before.`);
        await append(tx, key, read.tenantId, read.records);
      });
    },
    close: () => pool.end(),
  });
}
