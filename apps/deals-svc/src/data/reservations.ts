import { type AgreementTerms, agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import { type FieldPlace, openJson, sealJson } from '@uw-wizard/shared/platform/field-encryption';
import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Fields } from './fields.ts';
import { Prisma, type SignatureReservation as Row } from './generated/client.ts';

const reservationsTable = plainTable(
  'signature_reservations',
  Object.values(Prisma.SignatureReservationScalarFieldEnum),
);

/** Where the terms that are promised to an envelope rest. */
export const termsPlace = (tenantId: string, envelopeId: string): FieldPlace => ({
  tenantId,
  column: 'signature_reservations.terms',
  row: [envelopeId],
});

/** Terms promised to an envelope. */
export type Reservation = {
  envelopeId: string;
  dealId: string;
  terms: AgreementTerms;
  /** What tells these terms from others: 64 hex digits. */
  termsHash: string;
  /** The deal's version when it made the promise. */
  dealVersion: number;
  force: boolean;
  releasedAt: Date | null;
};

/** What is promised to the envelopes of `tenantId`, in one transaction. */
export function createReservations(tx: PlainTx, tenantId: string, { fields }: { fields: Fields }) {
  const placeOf = (envelopeId: string) => termsPlace(tenantId, envelopeId);
  return {
    /** Tells terms from others, 64 hex digits: by a key, since a bare hash of them would let the EIN in them be guessed. */
    hashOf: (terms: AgreementTerms): string =>
      fields.index.digest(JSON.stringify(terms), { tenantId, column: 'signature_reservations.terms_hash' }),
    async find(envelopeId: string): Promise<Reservation | null> {
      const [row] = await tx.rows<Row>(
        `SELECT ${reservationsTable.columns('r')} FROM signature_reservations r
         WHERE r.tenant_id = $1 AND r.envelope_id = $2`,
        [tenantId, envelopeId],
      );
      if (row === undefined) return null;
      const terms = agreementTermsSchema.parse(openJson(fields.seals, row.terms, placeOf(envelopeId)));
      return { ...row, terms };
    },
    /** Keeps a promise. A second outstanding one of a deal is a unique violation. */
    async add(reservation: Omit<Reservation, 'releasedAt'>, now: Date): Promise<void> {
      const terms = sealJson(fields.seals, reservation.terms, placeOf(reservation.envelopeId));
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
