import { type AgreementTerms, agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { asJson } from './columns.ts';
import { Prisma, type SignatureReservation as Row } from './generated/client.ts';

const reservationsTable = plainTable(
  'signature_reservations',
  Object.values(Prisma.SignatureReservationScalarFieldEnum),
);

/** Terms promised to an envelope. */
export type Reservation = {
  envelopeId: string;
  dealId: string;
  terms: AgreementTerms;
  /** Hex SHA-256 of the terms. */
  termsHash: string;
  /** The deal's version when it made the promise. */
  dealVersion: number;
  force: boolean;
  releasedAt: Date | null;
};

/** What is promised to the envelopes of `tenantId`, in one transaction. */
export function createReservations(tx: PlainTx, tenantId: string) {
  return {
    async find(envelopeId: string): Promise<Reservation | null> {
      const [row] = await tx.rows<Row>(
        `SELECT ${reservationsTable.columns('r')} FROM signature_reservations r
         WHERE r.tenant_id = $1 AND r.envelope_id = $2`,
        [tenantId, envelopeId],
      );
      return row === undefined ? null : { ...row, terms: agreementTermsSchema.parse(row.terms) };
    },
    /** Keeps a promise. A second outstanding one of a deal is a unique violation. */
    async add(reservation: Omit<Reservation, 'releasedAt'>, now: Date): Promise<void> {
      const terms = asJson(reservation.terms);
      reservationsTable.insert(tx, [{ ...reservation, terms, tenantId, reservedAt: now, releasedAt: null }]);
    },
    /** The envelope holds the terms no longer. */
    async release(envelopeId: string, now: Date): Promise<void> {
      tx.later(
        `UPDATE signature_reservations SET released_at = $3
         WHERE tenant_id = $1 AND envelope_id = $2 AND released_at IS NULL`,
        [tenantId, envelopeId, now],
      );
    },
  };
}
