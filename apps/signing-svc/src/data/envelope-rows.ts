import { agreementTermsSchema } from '@uw-wizard/shared/contracts/asks';
import type { Envelope, StoredFile } from '../domain/envelope.ts';
import type { Envelope as Row } from './generated/client.ts';

type LeaseColumns = 'stepAttempts' | 'claimedBy' | 'claimedUntil';

/** The row as the domain knows it. */
export function toEnvelope(row: Row): Envelope {
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

/** The envelope's columns, all but those of its lease. */
export function toRow(envelope: Envelope): Omit<Row, LeaseColumns | 'terms'> & { terms: Envelope['terms'] } {
  const { agreement, signed, ...columns } = envelope;
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
