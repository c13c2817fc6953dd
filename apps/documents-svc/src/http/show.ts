import type { StatementSet, StoredDocument } from '../domain/statement-set.ts';

/** A document on the wire. */
export function showDocument(document: StoredDocument) {
  const { scan } = document;
  return {
    document_id: document.id,
    filename: document.filename,
    size_bytes: document.sizeBytes,
    pages: document.pages,
    checksum: document.checksum,
    bucket: document.bucket,
    storage_key: document.storageKey,
    scan:
      scan.status === 'clean'
        ? { status: scan.status, engine: scan.engine, scanned_at: scan.scannedAt.toISOString() }
        : { status: scan.status },
    statement: document.statement,
  };
}

/** The answer to an upload. */
export function showUpload(set: StatementSet) {
  return { deal_id: set.dealId, documents: set.documents.map(showDocument), analysis: set.analysis };
}
