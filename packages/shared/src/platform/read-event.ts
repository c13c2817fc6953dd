import { z } from 'zod';
import { type Envelope, type EventContract, type EventOf, envelopeSchema, type Publisher } from '../contracts/event.ts';
import type { Following, Handler } from './consumer.ts';
import type { SqlTx } from './database.ts';
import type { EventHead } from './inbox.ts';

/** An event that was read; without a handler it is passed over in its turn. */
export type ReadableEvent<Tx extends SqlTx> = {
  readonly readable: true;
  readonly head: EventHead;
  readonly event: Envelope;
  readonly handler: Handler<Tx> | undefined;
};

type Unreadable = {
  readonly readable: false;
  readonly tenantId: string | null;
  readonly type: string;
  readonly reason: string;
};

/** What could not be read but has its place, in which it is given up: its successors need not wait for ever. */
export type UnreadableEvent = Unreadable & { readonly head: EventHead };

/** What could not be read and has no known place. */
export type UnplacedEvent = Unreadable & { readonly head: null };

/** An event whose place in its sequence is known, whether or not the rest of it can be read. */
export type PlacedEvent<Tx extends SqlTx> = ReadableEvent<Tx> | UnreadableEvent;

const headSchema = z.object({
  id: z.uuid(),
  tenantid: z.string().min(1),
  subject: z.string().min(1).max(200),
  sequence: z.int().positive(),
});

const labelSchema = z.object({ type: z.string().optional(), tenantid: z.string().min(1).optional() });

/**
 * Reads the text of an event of `following.publisher`: the envelope, and its data by the contract of the handler. Members
 * no contract knows are dropped, and kinds nobody handles are not looked into: a publisher may add both first.
 */
export function readEvent<Tx extends SqlTx>(text: string, following: Following<Tx>): PlacedEvent<Tx> | UnplacedEvent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { readable: false, head: null, tenantId: null, type: 'unknown', reason: 'not JSON' };
  }
  const head = readHead(json, following.publisher);
  const { type = 'unknown', tenantid: tenantId = null } = labelSchema.safeParse(json).data ?? {};
  const parsed = envelopeSchema.safeParse(json);
  if (!parsed.success || head === null) {
    const reason = parsed.error === undefined ? 'the tenant is empty' : summary('envelope', parsed.error);
    const unreadable = { readable: false, tenantId, type, reason } as const;
    return head === null ? { ...unreadable, head } : { ...unreadable, head };
  }
  const event = parsed.data;
  // A foreign source would count in its own sequence, which means nothing in this one.
  if (event.source !== following.publisher) {
    const reason = `from ${event.source}, not from ${following.publisher}`;
    return { readable: false, head: null, tenantId, type, reason };
  }
  const handler = following.handlers.find(({ contract }) => contract.type === event.type);
  if (handler === undefined) return { readable: true, head, event, handler };
  return readData(handler, head, event);
}

function readData<Tx extends SqlTx>(handler: Handler<Tx>, head: EventHead, event: Envelope): PlacedEvent<Tx> {
  const { type, dataversion, tenantid: tenantId } = event;
  if (dataversion !== handler.contract.version) {
    const reason = `version ${dataversion} of ${type}, but version ${handler.contract.version} is understood here`;
    return { readable: false, head, tenantId, type, reason };
  }
  const data = handler.contract.data.safeParse(event.data);
  if (!data.success) return { readable: false, head, tenantId, type, reason: summary('data', data.error) };
  const checked: EventOf<EventContract> = { ...event, data: data.data };
  return { readable: true, head, event: checked, handler: handler.concerns(checked) ? handler : undefined };
}

function readHead(json: unknown, publisher: Publisher): EventHead | null {
  const parsed = headSchema.safeParse(json);
  if (!parsed.success) return null;
  const { id, tenantid, subject, sequence } = parsed.data;
  return { publisher, id, tenantId: tenantid, subject, sequence };
}

/** Where it went wrong, never the values: an event may hold what does not belong in a log. */
function summary(part: string, error: z.ZodError): string {
  return `${part}: ${error.issues.map((issue) => `${issue.path.join('.') || '(all)'} ${issue.code}`).join(', ')}`.slice(
    0,
    500,
  );
}
