import type { Agreement } from '../domain/agreement.ts';
import type { MockEnvelope } from './mock/ledger.ts';
import { stampSigned } from './mock/stamp-signed.ts';
import { renderAgreement } from './render-agreement.ts';

/** Work on PDFs inside the worker thread, for `createPdfWriter`. Bytes come and go as plain arrays. */
export function render({ agreement, createdAt }: { agreement: Agreement; createdAt: Date }): Promise<Uint8Array> {
  return renderAgreement(agreement, createdAt);
}

export function stamp(envelope: MockEnvelope): Promise<Uint8Array> {
  return stampSigned(envelope);
}
