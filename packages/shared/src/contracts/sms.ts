import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { smsErased } from './erasure.ts';
import { defineEvent } from './event.ts';

const publisher = 'sms-svc';
const message = z.object({ message_id: z.uuid(), category: z.enum(['transactional', 'marketing']) });
/** `number` is masked to its last four digits: an event carries no personal data in clear. */
const consent = z.object({ number: z.string(), keyword: z.string().nullable() });

export const smsSent = defineEvent({ type: 'sms.sent', publisher, data: message.extend({ segments: z.int() }) });
export const smsFailed = defineEvent({ type: 'sms.failed', publisher, data: message.extend({ error: z.string() }) });
export const smsDelivered = defineEvent({ type: 'sms.delivered', publisher, data: z.object({ message_id: z.uuid() }) });
export const smsReceived = defineEvent({
  type: 'sms.received',
  publisher,
  data: z.object({ message_id: z.uuid(), number: z.string(), action: z.string() }),
});
export const consentRevoked = defineEvent({ type: 'consent.revoked', publisher, data: consent });
export const consentGranted = defineEvent({ type: 'consent.granted', publisher, data: consent });
export const smsAlerted = defineEvent({ type: 'sms.alerted', publisher, data: alertSchema });

export const smsEvents = [
  smsSent,
  smsFailed,
  smsDelivered,
  smsReceived,
  consentRevoked,
  consentGranted,
  smsAlerted,
  smsErased,
] as const;
