import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sanctionsCheck } from '../domain/background/checks.ts';
import type { CheckResult } from '../domain/background/evaluate.ts';
import { type SearchableSanctions, searchable } from '../domain/background/match-sanctions.ts';
import { parseSdn } from '../domain/background/parse-sdn.ts';

export type SanctionsTask = { folder: string; names: readonly (string | null)[] };
/** `unreadable` says in a few words, without paths, why there is no list. */
export type SanctionsAnswer = { kind: 'checked'; check: CheckResult } | { kind: 'unreadable'; reason: string };

type Files = { stamp: string; asOf: Date; hasOtherNames: boolean };
type Reading = { list: SearchableSanctions } | { reason: string };

// What the files held when they were last read: this module lives as long as its thread.
let held: { key: string; reading: Reading } | null = null;

/**
 * Holds names against the list in `folder`, inside a worker thread. The files are read again when their dates or sizes
 * have changed; the date of the list is that of `sdn.csv`. Never rejects for what is or is not in the folder.
 */
export async function checkSanctions({ folder, names }: SanctionsTask): Promise<SanctionsAnswer> {
  const reading = await currentReading(folder);
  if ('reason' in reading) return { kind: 'unreadable', reason: reading.reason };
  return { kind: 'checked', check: sanctionsCheck(reading.list, names) };
}

async function currentReading(folder: string): Promise<Reading> {
  try {
    const files = await look(folder);
    const key = `${folder} ${files.stamp}`;
    if (held?.key === key) return held.reading;
    const texts = {
      sdn: await readFile(join(folder, 'sdn.csv'), 'utf8'),
      ...(files.hasOtherNames ? { alt: await readFile(join(folder, 'alt.csv'), 'utf8') } : {}),
    };
    held = { key, reading: read(texts, files.asOf) };
    return held.reading;
  } catch (error) {
    return { reason: fileFault(error) };
  }
}

async function look(folder: string): Promise<Files> {
  const sdn = await stat(join(folder, 'sdn.csv'));
  const alt = await stat(join(folder, 'alt.csv')).catch(ignoreMissing);
  return {
    stamp: [sdn.mtimeMs, sdn.size, alt?.mtimeMs, alt?.size].join(' '),
    asOf: sdn.mtime,
    hasOtherNames: alt !== undefined,
  };
}

/** A text that is no list stays one until the file changes, and is not read for every check. */
function read(texts: { sdn: string; alt?: string }, asOf: Date): Reading {
  try {
    return { list: searchable(parseSdn(texts, asOf)) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function fileFault(error: unknown): string {
  const code = codeOf(error);
  return code === 'ENOENT' ? 'sdn.csv is not in its folder' : `the files do not open (${code ?? 'unknown error'})`;
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
