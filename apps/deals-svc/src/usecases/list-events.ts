import type { Deals, InTenant, Timeline, TimelineEntry, TimelinePosition } from './ports.ts';

export type ListEventsDeps = { inTenant: InTenant<{ deals: Pick<Deals, 'get'>; timeline: Pick<Timeline, 'page'> }> };

/** One page of a deal's timeline, newest first, and whether there are more. 404 `deal-not-found`. */
export function listEvents(
  deps: ListEventsDeps,
  input: { tenantId: string; dealId: string; limit: number; after: TimelinePosition | null },
): Promise<{ entries: TimelineEntry[]; hasMore: boolean }> {
  return deps.inTenant(input.tenantId, async (unit) => {
    await unit.deals.get(input.dealId);
    // One more than asked for tells whether there are more.
    const entries = await unit.timeline.page(input.dealId, { limit: input.limit + 1, after: input.after });
    return { entries: entries.slice(0, input.limit), hasMore: entries.length > input.limit };
  });
}
