import { pipeline } from 'node:stream/promises';
import { routes } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import type { RecordAccess } from '@uw-wizard/shared/platform/access-log';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import { type Handlers, runCommand, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { UNSUPPORTED_MEDIA_TYPE } from '@uw-wizard/shared/platform/problem';
import { create as contentDisposition } from 'content-disposition';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { StatementSet } from '../domain/statement-set.ts';
import { getDocument } from '../usecases/get-document.ts';
import { type ListDealDocumentsDeps, listDealDocuments } from '../usecases/list-deal-documents.ts';
import { type OpenDocumentDeps, openDocument } from '../usecases/open-document.ts';
import { type UploadBankStatementsDeps, uploadBankStatements } from '../usecases/upload-bank-statements.ts';
import { receiveForm } from './receive-form.ts';
import { showDocument, showUpload } from './show.ts';

export type DocumentsRoutesDeps = UploadBankStatementsDeps &
  ListDealDocumentsDeps &
  OpenDocumentDeps & { database: Pick<Database<SqlTx>, 'pool' | 'answerSeals'>; recordAccess: RecordAccess };

const UPLOAD = '/api/documents/bank/upload';
const maxBodyBytes = routes.find(({ path }) => path === UPLOAD)?.maxBodyBytes ?? 0;

const uploadQuery = z.object({
  deal_id: z.uuid('Send the deal_id as a UUID.').toLowerCase(),
  merchant_id: z.uuid('Send the merchant_id as a UUID.').toLowerCase(),
});

/** The calls about documents. */
export function documentsRoutes(deps: DocumentsRoutesDeps): Handlers {
  return {
    [`POST ${UPLOAD}`]: async (req, res) => {
      refuseOtherMedia(req);
      const show = (set: StatementSet) => ({ body: showUpload(set) });
      await runCommand(req, res, { database: deps.database, show }, (command) => {
        const { deal_id: dealId, merchant_id: merchantId } = uploadQuery.parse(req.query);
        const limits = { maxFileBytes: deps.limits.maxFileBytes, maxBodyBytes };
        const receive = (folder: string) => receiveForm(req, folder, limits);
        return uploadBankStatements(deps, { command, dealId, merchantId, receive });
      });
    },
    'GET /api/deals/:id/documents': async (req, res) => {
      const { tenant: tenantId } = tenantIdentityOf(req);
      const documents = await listDealDocuments(deps, { tenantId, dealId: String(req.params.id).toLowerCase() });
      res.json({ data: documents.map(showDocument) });
    },
    'GET /api/documents/:id': async (req, res) => {
      const { tenant: tenantId } = tenantIdentityOf(req);
      res.json(showDocument(await getDocument(deps, { tenantId, documentId: String(req.params.id) })));
    },
    'GET /api/documents/:id/content': (req, res) => download(deps, req, res),
  };
}

/** A body of another form cannot be a multipart one; no body at all is no file, which has its own answer. */
function refuseOtherMedia(req: Request): void {
  const given = req.get('content-type');
  if (given === undefined || /^multipart\/form-data\s*(;|$)/i.test(given)) return;
  throw new DomainError(UNSUPPORTED_MEDIA_TYPE, 'Send the files as multipart/form-data, in the field "files".');
}

/** A file from outside is given back as a file: never shown, sniffed, run or kept by something between. */
async function download(
  deps: OpenDocumentDeps & { recordAccess: RecordAccess },
  req: Request,
  res: Response,
): Promise<void> {
  const { tenant: tenantId } = tenantIdentityOf(req);
  const { document, stream, sizeBytes } = await openDocument(deps, { tenantId, documentId: String(req.params.id) });
  const what = { action: 'document.downloaded', entityType: 'document', entityId: document.id };
  await deps.recordAccess(tenantId, { ...what, after: { filename: document.filename } }).catch((error: unknown) => {
    stream.destroy();
    throw error;
  });
  res.set({
    'Content-Type': 'application/pdf',
    'Content-Length': String(sizeBytes),
    'Content-Disposition': contentDisposition(document.filename, { type: 'attachment' }),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cache-Control': 'private, no-store',
  });
  try {
    await pipeline(stream, res);
  } catch (error) {
    // Who hangs up in the middle of a download is told nothing, and is no error of ours.
    if (!res.destroyed || !(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) {
      throw error;
    }
  }
}
