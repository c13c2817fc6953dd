import { uploadGate } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { v7 as uuidv7 } from 'uuid';
import { MALWARE_FOUND } from '../domain/errors.ts';
import {
  formRefusal,
  malwareRefusal,
  type ReceivedFile,
  type ReceivedForm,
  readingRefusal,
} from '../domain/refusal.ts';
import {
  type DealNews,
  type NewStatementSet,
  pendingAnalysis,
  type ReadDocument,
  type Scan,
  type StatementSet,
  storageKeyOf,
} from '../domain/statement-set.ts';
import type { ReadResult } from '../reading/read-result.ts';
import type { MalwareScanner, Objects, Reader, Spool, Uploads } from './ports.ts';
import { analyse, faultOf, readFiles, toReadDocument } from './read-files.ts';

export type UploadBankStatementsDeps = {
  ask: Ask;
  spool: Spool;
  reader: Reader;
  scanner: MalwareScanner;
  storage: Storage;
  objects: Pick<Objects, 'want'>;
  uploads: Uploads;
  clock: () => Date;
  limits: { maxFileBytes: number; maxPages: number; readTimeoutMs: number };
  /** Told when a set was saved whose reading is not finished. */
  onPending: () => void;
};

export type UploadBankStatementsInput = {
  command: Command<StatementSet>;
  dealId: string;
  merchantId: string;
  /** Streams the call's files into a folder. */
  receive: (folder: string) => Promise<ReceivedForm>;
};

/**
 * A deal gets its three bank statements, all or nothing. The deal's owner is asked before the body is taken, and once more
 * before anything is stored, because reading may take a while. Files are stored before the rows that name them; what a
 * crash leaves in between, the sweep removes. Throws the contract's refusals in the contract's order.
 */
export async function uploadBankStatements(
  deps: UploadBankStatementsDeps,
  input: UploadBankStatementsInput,
): Promise<RecordedAnswer> {
  const { tenant: tenantId } = input.command.identity;
  const askGate = () =>
    deps.ask(uploadGate, { tenant_id: tenantId, deal_id: input.dealId, merchant_id: input.merchantId });
  const first = await askGate();
  return deps.spool.use(async (folder) => {
    const form = await input.receive(folder);
    const about = { tenantId, dealId: first.deal_id, merchantId: first.merchant_id };
    const checked = await checkFiles(deps, form, { ...about, dealTime: first.deal_time });
    const gate = await askGate();
    const set = toStatementSet(deps, { ...about, legalName: gate.legal_name }, form.files, checked);
    const keys = set.documents.map(({ storageKey }) => storageKey);
    await deps.objects.want(tenantId, keys, deps.clock());
    await deps.storage.move(form.files.map(({ path }, at) => ({ key: keys[at] ?? '', path })));
    const news = { ...about, dealTime: gate.deal_time };
    const { result, answer } = await deps.uploads.commit(input.command, set, news, deps.clock());
    if (result.analysis.status === 'pending') deps.onPending();
    return answer;
  });
}

type Checked = { readings: (ReadResult | null)[]; scans: Scan[] };

/** Everything that can be said against the files; a refusal is announced, and thrown. */
async function checkFiles(deps: UploadBankStatementsDeps, form: ReceivedForm, news: DealNews): Promise<Checked> {
  try {
    const unfit = formRefusal(form, deps.limits);
    if (unfit !== null) throw unfit;
    const readings = await readFiles(deps.reader, form.files, AbortSignal.timeout(deps.limits.readTimeoutMs));
    const unreadable = readingRefusal(form.files, readings.map(faultOf), deps.limits);
    if (unreadable !== null) throw unreadable;
    return { readings, scans: await scanFiles(deps.scanner, form.files) };
  } catch (error) {
    if (error instanceof DomainError && error.kind.status < 500) {
      const { code } = error.kind;
      const alert = code === MALWARE_FOUND.code ? { alert: 'An upload was refused: malware was found in it.' } : {};
      await deps.uploads.recordRefusal(news, { code, fileCount: form.fileCount, ...alert }, deps.clock());
    }
    throw error;
  }
}

async function scanFiles(scanner: MalwareScanner, files: readonly ReceivedFile[]): Promise<Scan[]> {
  const results = await Promise.all(files.map(({ path }) => scanner.scan(path)));
  const refusal = malwareRefusal(files.filter((_, at) => results[at]?.status === 'infected'));
  if (refusal !== null) throw refusal;
  return results.filter((result) => result.status !== 'infected');
}

function toStatementSet(
  deps: UploadBankStatementsDeps,
  about: { tenantId: string; dealId: string; merchantId: string; legalName: string },
  files: readonly ReceivedFile[],
  { readings, scans }: Checked,
): NewStatementSet {
  // One file not read in time leaves the whole set to the background: an analysis is of all three.
  const complete = readings.filter((reading) => reading !== null);
  const done = complete.length === files.length;
  const documents = files.map((file, at): ReadDocument => {
    const reading = readings[at];
    const stored = {
      id: uuidv7(),
      filename: file.filename,
      sizeBytes: file.sizeBytes,
      pages: null,
      checksum: file.checksum,
      bucket: deps.storage.bucket,
      storageKey: storageKeyOf(about.tenantId, about.dealId, file.checksum),
      scan: scans[at] ?? { status: 'not_scanned' },
      statement: null,
    };
    return done && reading ? toReadDocument(stored, reading, about.legalName) : { ...stored, transactions: [] };
  });
  return { ...about, documents, analysis: done ? analyse(documents) : pendingAnalysis };
}
