import {
  documentAlerted,
  documentRejected,
  documentUploaded,
  statementAnalyzed,
} from '@uw-wizard/shared/contracts/documents';
import { documentErased } from '@uw-wizard/shared/contracts/erasure';
import type { Following } from '@uw-wizard/shared/platform/consumer';
import type { SqlTx } from '@uw-wizard/shared/platform/database';
import { type NoteUploadUnit, noteUpload } from '../usecases/note-upload.ts';
import { type TakeInAnalysisUnit, takeInAnalysis } from '../usecases/take-in-analysis.ts';
import type { Keeper, KeepUnit } from './keep.ts';

/** What deals-svc makes of news about documents. */
export function fromDocuments<Tx extends SqlTx, Unit extends KeepUnit & NoteUploadUnit & TakeInAnalysisUnit>(
  keeper: Keeper<Tx, Unit>,
): Following<Tx> {
  return {
    publisher: 'documents-svc',
    handlers: [
      keeper.keep(documentUploaded, (unit, { dealid, data }) =>
        noteUpload(unit, { dealId: dealid, statementSetId: data.statement_set_id }),
      ),
      keeper.keep(statementAnalyzed, (unit, { dealid, data }) =>
        takeInAnalysis(unit, { dealId: dealid, statementSetId: data.statement_set_id, analysis: data.analysis }),
      ),
      keeper.keep(documentRejected),
      keeper.passOn(documentAlerted),
      keeper.noteErased(documentErased),
    ],
  };
}
