import type { EventHead } from './inbox.ts';

/**
 * Remembers since when events wait for their predecessors, as this process saw it, and says when one has waited for
 * `alertMs` and again each time that much has gone by. Holds at most `most` events and forgets the oldest first.
 */
export function createEarlyEvents(
  alertMs: number,
  most = 10_000,
): { waitsTooLong(head: EventHead): boolean; forget(head: EventHead): void } {
  const since = new Map<string, number>();
  return {
    waitsTooLong({ id }) {
      const now = Date.now();
      const begun = since.get(id);
      if (begun === undefined) {
        const oldest = since.size >= most ? since.keys().next().value : undefined;
        if (oldest !== undefined) since.delete(oldest);
      } else if (now - begun < alertMs) return false;
      since.set(id, now);
      return begun !== undefined;
    },
    forget({ id }) {
      since.delete(id);
    },
  };
}
