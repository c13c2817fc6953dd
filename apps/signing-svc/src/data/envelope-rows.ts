import { agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import { type FieldSeals, openJson, sealJson } from '@uw-wizard/shared/platform/field-encryption';
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

/** Where an envelope's terms rest. */
export const termsOf = ({ tenantId, id }: { tenantId: string; id: string }) => ({
  tenantId,
  column: 'envelopes.terms',
  row: [id],
});

/** The row as the domain knows it. */
export function toEnvelope(seals: FieldSeals, row: EnvelopeRow): Envelope {
  return {
    id: row.id,
    tenantId: row.tenantId,
    dealId: row.dealId,
    merchantId: row.merchantId,
    recipientEmail: row.recipientEmail,
    recipientName: row.recipientName,
    force: row.force,
    terms: agreementTermsSchema.parse(openJson(seals, row.terms, termsOf(row))),
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

/** The envelope's row, but for its lease and its tries. */
export function toRow(
  seals: FieldSeals,
  envelope: Envelope,
): Omit<EnvelopeRow, 'stepAttempts' | 'terms'> & { terms: string } {
  return { ...changingColumns(envelope), terms: sealJson(seals, envelope.terms, termsOf(envelope)) };
}

/** The same without the terms, which stay as they were promised. */
export function changingColumns(envelope: Envelope): Omit<EnvelopeRow, 'stepAttempts' | 'terms'> {
  const { agreement, signed, terms: _, ...columns } = envelope;
  return {
    ...columns,
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
