import type { Statement, Transaction } from '../domain/statement/model.ts';

/**
 * What came of reading one file. A file that takes longer than the deadline, or more memory than the worker has,
 * is `malformed`: nothing was read from it, and it says so.
 */
export type ReadResult =
  | { kind: 'malformed'; detail: string }
  | { kind: 'encrypted' }
  | { kind: 'too-many-pages'; pages: number }
  | { kind: 'not-a-statement'; pages: number; detail: string }
  | { kind: 'statement'; pages: number; statement: Statement; transactions: Transaction[] };
