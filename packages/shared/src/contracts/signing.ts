import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { signErased } from './erasure.ts';
import { defineEvent } from './event.ts';

const publisher = 'signing-svc';

export const signSent = defineEvent({
  type: 'sign.sent',
  publisher,
  /** `to` is masked (`j***@example.com`): an event carries no personal data in clear. */
  data: z.object({ to: z.string(), force: z.boolean(), envelope_id: z.uuid(), provider: z.string() }),
});
export const signViewed = defineEvent({ type: 'sign.viewed', publisher, data: z.object({ envelope_id: z.uuid() }) });
export const signSigned = defineEvent({
  type: 'sign.signed',
  publisher,
  data: z.object({ event_id: z.string(), envelope_id: z.uuid(), provider: z.string() }),
});
export const signDeclined = defineEvent({
  type: 'sign.declined',
  publisher,
  data: z.object({ event_id: z.string(), envelope_id: z.uuid(), provider: z.string() }),
});
export const signVoided = defineEvent({
  type: 'sign.voided',
  publisher,
  data: z.object({ envelope_id: z.uuid(), provider: z.string(), reason: z.string() }),
});
export const signAlerted = defineEvent({ type: 'sign.alerted', publisher, data: alertSchema });

export const signingEvents = [
  signSent,
  signViewed,
  signSigned,
  signDeclined,
  signVoided,
  signAlerted,
  signErased,
] as const;
