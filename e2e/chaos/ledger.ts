import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Given } from '../flow/whole-flow.ts';

/** One answer that was acknowledged, and how to ask for it again. */
export type Entry = { flow: string; call: string; status: number; digest: string; text: string; ask: Given['make'] };

/** What the house has acknowledged, kept outside of it: in memory and, line by line, in a file. */
export type Ledger = { write(flow: string, given: Given): void; entries(): readonly Entry[] };

/** Opens an empty ledger whose lines go to `file` as they are written. */
export function openLedger(file: string): Ledger {
  const entries: Entry[] = [];
  return {
    write(flow, { name, make, reply }) {
      const digest = digestOf(reply.bytes);
      entries.push({ flow, call: name, status: reply.status, digest, text: reply.text.slice(0, 2_000), ask: make });
      appendFileSync(file, `${JSON.stringify({ flow, call: name, status: reply.status, digest })}\n`);
    },
    entries: () => entries,
  };
}

/** Hex SHA-256 of an answer's bytes. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
