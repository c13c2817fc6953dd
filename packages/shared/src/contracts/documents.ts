import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { documentErased } from './erasure.ts';
import { defineEvent } from './event.ts';
import { analysisSchema } from './statement.ts';

const publisher = 'documents-svc';

/** A set of three statements was stored for a deal; it replaces the deal's former set, and that set's offers. */
export const documentUploaded = defineEvent({
  type: 'document.uploaded',
  publisher,
  data: z.object({
    statement_set_id: z.uuid(),
    kind: z.enum(['bank_statements']),
    documents: z.array(
      z.object({ document_id: z.uuid(), checksum: z.string(), size_bytes: z.int(), pages: z.int().nullable() }),
    ),
  }),
});
/** An upload was refused; nothing of it was kept. */
export const documentRejected = defineEvent({
  type: 'document.rejected',
  publisher,
  data: z.object({ code: z.string(), filename_count: z.int() }),
});
export const statementAnalyzed = defineEvent({
  type: 'statement.analyzed',
  publisher,
  data: z.object({ statement_set_id: z.uuid(), analysis: analysisSchema }),
});
export const documentAlerted = defineEvent({ type: 'document.alerted', publisher, data: alertSchema });

export const documentsEvents = [
  documentUploaded,
  documentRejected,
  statementAnalyzed,
  documentAlerted,
  documentErased,
] as const;
