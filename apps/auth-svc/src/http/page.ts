import { cursor, limit, writeCursor } from '@uw-wizard/shared/platform/cursor';
import { z } from 'zod';

/** What a list is asked by. */
export const listQuery = z.object({ limit: limit.default(100), cursor: cursor.optional() });

/** At most `limit` entries behind `from`, newest first. */
export type Page<T> = (limit: number, from: { time: Date; id: string } | null) => Promise<T[]>;

/** A page of a list ordered by time and id, of which one entry more than `limit` was looked up: it tells of more. */
export function showPage<T extends { id: string; createdAt: Date }>(
  found: readonly T[],
  limit: number,
  show: (each: T) => object,
): object {
  const data = found.slice(0, limit);
  const last = data.at(-1);
  const hasMore = found.length > limit;
  return {
    data: data.map(show),
    next_cursor: hasMore && last !== undefined ? writeCursor({ time: last.createdAt, id: last.id }) : null,
    has_more: hasMore,
  };
}
