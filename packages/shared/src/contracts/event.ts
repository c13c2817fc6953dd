import { z } from 'zod';

/** The services that publish events; each is one stream, in which `sequence` counts per deal. */
export const publishers = ['deals-svc', 'documents-svc', 'signing-svc', 'sms-svc', 'auth-svc'] as const;
export type Publisher = (typeof publishers)[number];

/**
 * The CloudEvents 1.0 envelope every event travels in. `subject` is the deal, or, for a fact about something else
 * (a user, a phone number), that thing. `sequence` counts from 1 without gaps per (source, subject).
 */
export const envelopeSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.enum(publishers),
  type: z.string(),
  time: z.iso.datetime(),
  subject: z.string().min(1).max(200),
  datacontenttype: z.literal('application/json'),
  dataversion: z.int().positive(),
  tenantid: z.string(),
  dealid: z.uuid().optional(),
  merchantid: z.uuid().optional(),
  sequence: z.int().positive(),
  traceparent: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** A kind of fact: its name on the wire, who publishes it, its version and the shape of its data. */
export type EventContract<T extends z.ZodObject = z.ZodObject> = {
  readonly type: string;
  readonly publisher: Publisher;
  readonly version: number;
  readonly data: T;
};

export type DataOf<C extends EventContract> = z.infer<C['data']>;

/** An envelope whose data has been checked against contract `C`. */
export type EventOf<C extends EventContract> = Omit<Envelope, 'data'> & { data: DataOf<C> };

/** Declares an event. Publishing checks data strictly; consuming ignores members it does not know, so a publisher may add some first. */
export function defineEvent<T extends z.ZodObject>(contract: {
  type: string;
  publisher: Publisher;
  version?: number;
  data: T;
}): EventContract<T> {
  return { version: 1, ...contract };
}
