import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Reply } from './client.ts';
import { WrongAnswer } from './steps.ts';

/** An entry of the timeline, as far as its order is concerned. */
export type TimelineEvent = { id: string; type: string; time: string };

/** The events a signed flow leaves, in the order in which they follow from each other; others may stand between them. */
export const flowStory = [
  'deal.started',
  'intake.answered',
  'document.uploaded',
  'statement.analyzed',
  'offer.generated',
  'offer.accepted',
  'background.result',
  'sign.sent',
  'sign.signed',
  'deal.status_changed',
] as const;

/**
 * What is wrong with the timeline of a signed flow, given newest first; null when nothing is. Each event of the story is
 * there in its place, later than the one it follows from.
 */
export function storyGap(events: readonly TimelineEvent[]): string | null {
  const told = events.toReversed();
  const types = told.map((event) => event.type);
  let from = 0;
  let before: TimelineEvent | undefined;
  for (const type of flowStory) {
    const at = types.indexOf(type, from);
    const event = told[at];
    if (event === undefined) return `the timeline has no ${type} in its place: ${types.join(', ')}`;
    if (before !== undefined && !(Date.parse(event.time) > Date.parse(before.time))) {
      return `${type} at ${event.time} is not later than ${before.type} at ${before.time}`;
    }
    before = event;
    from = at + 1;
  }
  return null;
}

/**
 * The timeline of a signed deal once it tells the whole story; other services' events may take up to two seconds to get
 * there. Throws WrongAnswer after `timeoutMs`.
 */
export async function untilTold(client: Client, dealId: string, timeoutMs = 5_000): Promise<Reply> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const path = `/api/deals/${dealId}/events`;
    const reply = await client.call('GET', path, { query: { limit: '200' } });
    const wrong = reply.status === 200 ? storyGap(reply.body.data) : 'the answer is not 200';
    if (wrong === null) return reply;
    if (Date.now() > deadline) throw new WrongAnswer({ name: 'timeline', call: `GET ${path}`, reply, wrong });
    await sleep(50);
  }
}
