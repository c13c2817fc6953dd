import type { MockEnvelope, MockStatus } from './ledger.ts';

/** What happened to an envelope, as DocuSign Connect's JSON (SIM, `restv2.1`) would tell it; the text that is signed and sent. */
export function connectMessage(
  envelope: MockEnvelope,
  { status, event, at }: { status: MockStatus; event: string; at: Date },
): string {
  const time = at.toISOString();
  const times = {
    delivered: 'deliveredDateTime',
    completed: 'completedDateTime',
    declined: 'declinedDateTime',
  } as const;
  const member = status === 'delivered' || status === 'completed' || status === 'declined' ? times[status] : null;
  return JSON.stringify({
    event,
    apiVersion: 'v2.1',
    uri: `/restapi/v2.1/accounts/mock/envelopes/${envelope.id}`,
    retryCount: '0',
    configurationId: 'mock',
    generatedDateTime: time,
    data: {
      accountId: 'mock',
      envelopeId: envelope.id,
      envelopeSummary: {
        status,
        emailSubject: envelope.subject,
        envelopeId: envelope.id,
        createdDateTime: envelope.createdAt.toISOString(),
        sentDateTime: envelope.createdAt.toISOString(),
        ...(member === null ? {} : { [member]: time }),
        statusChangedDateTime: time,
        customFields: {
          textCustomFields: [
            { fieldId: '1', name: 'deal_id', show: 'false', required: 'false', value: envelope.dealId },
            { fieldId: '2', name: 'reference', show: 'false', required: 'false', value: envelope.reference },
          ],
          listCustomFields: [],
        },
      },
    },
  });
}
