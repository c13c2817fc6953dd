import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type {
  CurrentReading,
  DealNews,
  NewStatementSet,
  ReadDocument,
  ScanResult,
  StatementSet,
  StoredDocument,
} from '../domain/statement-set.ts';
import type { ReadResult } from '../reading/read-result.ts';

// What the use cases need of the world. data/ and reading/ have it, service.ts joins them.

/** Reads one statement. Rejects when `signal` aborts or the file cannot be opened; bad content is an answer. */
export type Reader = { read(pdfPath: string, options?: { signal?: AbortSignal }): Promise<ReadResult> };

/** Throws 503 `scanner-unavailable` when there is no verdict. */
export type MalwareScanner = { scan(path: string): Promise<ScanResult> };

/** A folder for one piece of work, removed with all it holds however the work ends. Throws 503 `uploads-busy`. */
export type Spool = { use<T>(work: (folder: string) => Promise<T>): Promise<T> };

export type Uploads = {
  /** Saves the set as the deal's current one with its facts and the call's answer; a repeat gets the set it made before. */
  commit(
    command: Command<StatementSet>,
    set: NewStatementSet,
    news: DealNews,
    now: Date,
  ): Promise<{ result: StatementSet; answer: RecordedAnswer }>;
  recordRefusal(news: DealNews, refusal: { code: string; fileCount: number; alert?: string }, now: Date): Promise<void>;
};

/** Who may touch a stored file: an upload that puts it there, or the sweep that takes it away. */
export type Objects = {
  want(tenantId: string, keys: readonly string[], now: Date): Promise<void>;
  unnamed(tenantId: string, keys: readonly string[]): Promise<string[]>;
  claim(tenantId: string, key: string, now: Date, unwantedMs: number): Promise<boolean>;
  unfinishedSweeps(): Promise<{ tenantId: string; key: string }[]>;
  forget(tenantId: string, key: string): Promise<void>;
};

export type Readings = {
  leasePending(now: Date, until: Date): Promise<StatementSet | null>;
  finish(set: StatementSet, documents: readonly ReadDocument[], analysis: Analysis, now: Date): Promise<boolean>;
  postpone(set: StatementSet, at: Date): Promise<void>;
};

export type Documents = {
  findDocument(tenantId: string, id: string): Promise<StoredDocument | null>;
  findCurrentSet(tenantId: string, dealId: string): Promise<StatementSet | null>;
  findCurrentReading(tenantId: string, dealId: string): Promise<CurrentReading | null>;
};
