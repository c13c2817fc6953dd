import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import {
  type ReadDocument,
  type StatementSet,
  type StoredDocument,
  unreadableStatement,
} from '../domain/statement-set.ts';
import type { Reader, Readings, Spool } from './ports.ts';
import { analyse, toReadDocument } from './read-files.ts';
import { soundReading } from './sound-reading.ts';

export type ReadPendingSetDeps = {
  readings: Readings;
  storage: Storage;
  spool: Spool;
  reader: Reader;
  clock: () => Date;
  /** How long a set may be read before another process may take it, and how long it rests after a failure. */
  leaseMs: number;
  retryMs: number;
};

/**
 * Finishes the oldest set whose reading took longer than its upload could wait, also one that a crash left behind, and
 * announces it. False when there is none. What cannot be read is null with a flag: the set is finished all the same.
 */
export async function readPendingSet(deps: ReadPendingSetDeps, input: { signal: AbortSignal }): Promise<boolean> {
  const now = deps.clock();
  const set = await deps.readings.leasePending(now, new Date(now.getTime() + deps.leaseMs));
  if (set === null) return false;
  try {
    const documents = await deps.spool.use((folder) => readSet(deps, set, folder, input.signal));
    await deps.readings.finish(set, documents, analyse(documents), deps.clock());
  } catch (error) {
    const restMs = input.signal.aborted ? 0 : deps.retryMs;
    await deps.readings.postpone(set, new Date(deps.clock().getTime() + restMs));
    if (!input.signal.aborted) throw error;
  }
  return true;
}

async function readSet(
  deps: ReadPendingSetDeps,
  set: StatementSet,
  folder: string,
  signal: AbortSignal,
): Promise<ReadDocument[]> {
  const documents: ReadDocument[] = [];
  for (const document of set.documents) documents.push(await readDocument(deps, set, document, folder, signal));
  return documents;
}

async function readDocument(
  deps: ReadPendingSetDeps,
  { legalName }: StatementSet,
  document: StoredDocument,
  folder: string,
  signal: AbortSignal,
): Promise<ReadDocument> {
  const file = await deps.storage.read(document.storageKey);
  if (file === null) {
    const statement = unreadableStatement('file-missing', 'The stored file is gone; upload the statements again.');
    return { ...document, statement, transactions: [] };
  }
  const path = join(folder, `${document.id}.pdf`);
  await pipeline(file.stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal });
  return toReadDocument(document, soundReading(await deps.reader.read(path, { signal })), legalName);
}
