import type { SealedColumn } from '@uw-wizard/shared/platform/reseal';

/** Every column of this database in which values are sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'envelopes', column: 'terms', kind: 'jsonb', row: ['id'] },
];
