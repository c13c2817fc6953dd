import { z } from 'zod';
import type { ProviderStatus } from '../signing-provider.ts';
import type { Report } from './report.ts';

/** Connect's JSON (SIM) message. The summary is only there when the account asks for it. Unknown members are passed over. */
const messageSchema = z.object({
  event: z.string().max(200).catch(''),
  generatedDateTime: z.string().max(100).catch(''),
  data: z
    .object({
      envelopeId: z.string().max(200).catch(''),
      recipientId: z.string().max(100).optional().catch(undefined),
      envelopeSummary: z
        .object({
          customFields: z
            .object({ textCustomFields: customFields(), listCustomFields: customFields() })
            .optional()
            .catch(undefined),
        })
        .optional()
        .catch(undefined),
    })
    .catch({ envelopeId: '' }),
});

function customFields() {
  return z.array(z.object({ name: z.string().catch(''), value: z.string().nullish().catch(null) })).catch([]);
}

/** Connect's events that move an envelope; others (a recipient's part, a resend) do not. */
const statusOf: Readonly<Record<string, ProviderStatus>> = {
  'envelope-sent': 'sent',
  'envelope-delivered': 'viewed',
  'recipient-delivered': 'viewed',
  'envelope-completed': 'signed',
  'envelope-declined': 'declined',
  'envelope-voided': 'voided',
};

/** Reads a Connect message whose signature has been verified. A message has no id of its own, so one is made of what it says. */
export function readDocusign(message: unknown): Report {
  const { event, generatedDateTime, data } = messageSchema.parse(message);
  const fields = data.envelopeSummary?.customFields;
  const claimed = [...(fields?.textCustomFields ?? []), ...(fields?.listCustomFields ?? [])].find(
    ({ name }) => name === 'deal_id',
  );
  return {
    source: 'docusign',
    about: { providerEnvelopeId: data.envelopeId },
    eventId: [data.envelopeId, event, ...(data.recipientId ? [data.recipientId] : []), generatedDateTime].join(':'),
    type: event,
    status: statusOf[event] ?? null,
    claimedDealId: claimed?.value ?? null,
    covered: true,
  };
}
