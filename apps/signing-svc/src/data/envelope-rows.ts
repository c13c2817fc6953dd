import { agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { Envelope, StoredFile } from '../domain/envelope.ts';
import { Prisma, type Envelope as Row } from './generated/client.ts';

type LeaseField = 'claimedBy' | 'claimedUntil';
export type EnvelopeRow = Omit<Row, LeaseField>;

/** The envelopes without the columns of their leases, which their own statements write. */
export const envelopesTable = plainTable(
  'envelopes',
  Object.values(Prisma.EnvelopeScalarFieldEnum).filter((field) => field !== 'claimedBy' && field !== 'claimedUntil'),
);

/** The row as the domain knows it. */
export function toEnvelope(row: EnvelopeRow): Envelope {
  return {
    id: row.id,
    tenantId: row.tenantId,
    dealId: row.dealId,
    merchantId: row.merchantId,
    recipientEmail: row.recipientEmail,
    recipientName: row.recipientName,
    force: row.force,
    terms: agreementTermsSchema.parse(row.terms),
    termsHash: row.termsHash,
    dealVersion: row.dealVersion,
    provider: row.provider,
    providerEnvelopeId: row.providerEnvelopeId,
    state: row.state,
    commandRef: row.commandRef,
    agreement: toFile(row.agreementKey, row.agreementChecksum, row.agreementBytes),
    signed: toFile(row.signedKey, row.signedChecksum, row.signedBytes),
    voidReason: row.voidReason,
    createdAt: row.createdAt,
    sentAt: row.sentAt,
    viewedAt: row.viewedAt,
    signedAt: row.signedAt,
    declinedAt: row.declinedAt,
    voidedAt: row.voidedAt,
    dueAt: row.dueAt,
  };
}

/** The envelope's columns, all but those of its lease and its tries. */
export function toRow(envelope: Envelope): Omit<EnvelopeRow, 'stepAttempts' | 'terms'> & { terms: string } {
  const { agreement, signed, terms, ...columns } = envelope;
  return {
    ...columns,
    terms: JSON.stringify(terms),
    agreementKey: agreement?.storageKey ?? null,
    agreementChecksum: agreement?.checksum ?? null,
    agreementBytes: agreement?.sizeBytes ?? null,
    signedKey: signed?.storageKey ?? null,
    signedChecksum: signed?.checksum ?? null,
    signedBytes: signed?.sizeBytes ?? null,
  };
}

function toFile(storageKey: string | null, checksum: string | null, sizeBytes: number | null): StoredFile | null {
  return storageKey === null || checksum === null || sizeBytes === null ? null : { storageKey, checksum, sizeBytes };
}
