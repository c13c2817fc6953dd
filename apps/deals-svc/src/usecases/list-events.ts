import type { Deals, Look, Timeline, TimelineEntry, TimelinePosition } from './ports.ts';

export type ListEventsDeps = { look: Look<{ deals: Pick<Deals, 'get'>; timeline: Pick<Timeline, 'page'> }> };

/** One page of a deal's timeline, newest first, and whether there are more. 404 `deal-not-found`. */
export function listEvents(
  deps: ListEventsDeps,
  input: { tenantId: string; dealId: string; limit: number; after: TimelinePosition | null },
): Promise<{ entries: TimelineEntry[]; hasMore: boolean }> {
  return deps.look(input.tenantId, async (unit) => {
    const [entries] = await Promise.all([
      // One more than asked for tells whether there are more.
      unit.timeline.page(input.dealId, { limit: input.limit + 1, after: input.after }),
      unit.deals.get(input.dealId),
    ]);
    return { entries: entries.slice(0, input.limit), hasMore: entries.length > input.limit };
  });
}
