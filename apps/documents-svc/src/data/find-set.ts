import type { FieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { StatementSet } from '../domain/statement-set.ts';
import { type DocumentRow, documentsTable, type SetRow, setsTable, statementsTable, toStatementSet } from './rows.ts';

type Statement = NonNullable<DocumentRow['statement']>;

const prefix = 'statement.';
// The rows of a statement are many, and nobody here asks for them.
const statementFields = statementsTable.fields.filter((field) => field !== 'transactions');
const documentColumns = `${documentsTable.columns('d')}, ${statementsTable.columns('s', prefix, statementFields)}`;

/** The set with this id, or under this reference of a call, or the deal's current one; null when there is none. */
export async function findSet(
  tx: PlainTx,
  seals: FieldSeals,
  tenantId: string,
  by: { id: string } | { commandRef: string } | { currentOf: string },
): Promise<{ set: StatementSet; createdAt: Date } | null> {
  const [where, value] =
    'id' in by
      ? ['t.id = $2', by.id]
      : 'commandRef' in by
        ? ['t.command_ref = $2', by.commandRef]
        : ['t.deal_id = $2 AND t.current', by.currentOf];
  const sets = tx.rows<Omit<SetRow, 'documents'>>(
    `SELECT ${setsTable.columns('t')} FROM statement_sets t WHERE t.tenant_id = $1 AND ${where}`,
    [tenantId, value],
  );
  const documents = tx.rows<DocumentRow & Record<string, unknown>>(
    `SELECT ${documentColumns} FROM statement_sets t
     JOIN documents d ON d.tenant_id = t.tenant_id AND d.set_id = t.id
     LEFT JOIN statements s ON s.tenant_id = d.tenant_id AND s.document_id = d.id
     WHERE t.tenant_id = $1 AND ${where} ORDER BY d.position`,
    [tenantId, value],
  );
  const [[row], rows] = await Promise.all([sets, documents]);
  if (row === undefined) return null;
  const set = toStatementSet(seals, {
    ...row,
    documents: rows.map((found) => ({ ...found, statement: statementOf(found) })),
  });
  return { set, createdAt: row.createdAt };
}

function statementOf(row: Record<string, unknown>): Statement | null {
  if (row[`${prefix}documentId`] === null) return null;
  // All columns of the table but one, each under its field's name.
  return Object.fromEntries(statementFields.map((field) => [field, row[`${prefix}${field}`]])) as Statement;
}
