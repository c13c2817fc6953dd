import { type AgreementTerms, agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import type { Tx } from './database.ts';

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
export function createReservations(tx: Tx, tenantId: string) {
  return {
    async find(envelopeId: string): Promise<Reservation | null> {
      const row = await tx.signatureReservation.findUnique({
        where: { tenantId_envelopeId: { tenantId, envelopeId } },
      });
      return row === null ? null : { ...row, terms: agreementTermsSchema.parse(row.terms) };
    },
    /** Keeps a promise. A second outstanding one of a deal is a unique violation. */
    async add(reservation: Omit<Reservation, 'releasedAt'>, now: Date): Promise<void> {
      await tx.signatureReservation.create({ data: { ...reservation, tenantId, reservedAt: now } });
    },
    /** The envelope holds the terms no longer. */
    async release(envelopeId: string, now: Date): Promise<void> {
      await tx.signatureReservation.updateMany({
        where: { tenantId, envelopeId, releasedAt: null },
        data: { releasedAt: now },
      });
    },
  };
}
