import * as deals from '@uw-wizard/shared/contracts/deals';
import * as documents from '@uw-wizard/shared/contracts/documents';
import type { DataOf, EventContract } from '@uw-wizard/shared/contracts/event';
import * as signing from '@uw-wizard/shared/contracts/signing';
import * as sms from '@uw-wizard/shared/contracts/sms';
import { dollars } from '../domain/money.ts';

type Say = (data: Record<string, unknown>) => string;

/** What to say about events of one kind. */
function says<C extends EventContract>(contract: C, say: (data: DataOf<C>) => string): [string, Say] {
  return [
    contract.type,
    (data) => {
      const parsed = contract.data.safeParse(data);
      // What the contract has parsed is its data.
      return parsed.success ? say(parsed.data as DataOf<C>) : contract.type;
    },
  ];
}

const sentences = new Map<string, Say>([
  says(deals.dealStarted, ({ requested_amount_cents: amount }) =>
    amount === null ? 'The deal was started.' : `The deal was started for ${dollars(amount)}.`,
  ),
  says(deals.dealUpdated, ({ fields }) => `The deal was updated: ${fields.join(', ')}.`),
  says(deals.dealStatusChanged, ({ from, to, reason }) =>
    reason === undefined ? `The deal went from ${from} to ${to}.` : `The deal went from ${from} to ${to}: ${reason}.`,
  ),
  says(deals.dealReviewed, ({ review_status: status }) => `The deal was reviewed: ${status.replace('_', ' ')}.`),
  says(deals.dealDeleted, () => 'The deal was deleted.'),
  says(deals.intakeAnswered, ({ fields, complete }) => {
    const answered = `The intake was answered: ${fields.join(', ')}.`;
    return complete ? `${answered} Nothing is missing any more.` : answered;
  }),
  says(deals.offerGenerated, ({ count }) => `${count} offers were made.`),
  says(
    deals.offerAccepted,
    (data) =>
      `An offer of ${dollars(data.funded_amount_cents)} was accepted, to be paid back with ${dollars(data.payback_amount_cents)}.`,
  ),
  says(deals.backgroundResult, ({ status, reasons }) =>
    status === 'OK'
      ? 'The background checks found nothing.'
      : `The background checks raised ${reasons.length === 1 ? 'a flag' : `${reasons.length} flags`}: ${reasons.map(({ code }) => code).join(', ')}.`,
  ),
  says(deals.alertRaised, ({ severity, message }) => `Alert (${severity}): ${message}`),
  says(documents.documentUploaded, ({ documents: files }) => `${files.length} bank statements were uploaded.`),
  says(documents.documentRejected, ({ code }) => `An upload was refused: ${code}.`),
  says(documents.statementAnalyzed, ({ analysis }) =>
    analysis.avg_monthly_revenue_cents === null
      ? 'The bank statements were read; they do not show the monthly revenue.'
      : `The bank statements were read: true revenue averages ${dollars(analysis.avg_monthly_revenue_cents)} a month.`,
  ),
  says(documents.documentAlerted, ({ message }) => `Documents: ${message}`),
  says(
    signing.signSent,
    ({ to, force }) => `The agreement was sent to ${to}${force ? ', overriding the checks' : ''}.`,
  ),
  says(signing.signViewed, () => 'The signer opened the agreement.'),
  says(signing.signSigned, () => 'The agreement was signed.'),
  says(signing.signDeclined, () => 'The signer declined the agreement.'),
  says(signing.signVoided, ({ reason }) => `The agreement was voided: ${reason}.`),
  says(signing.signAlerted, ({ message }) => `Signing: ${message}`),
  says(sms.smsSent, ({ category }) => `A ${category} text was sent.`),
  says(sms.smsFailed, ({ error }) => `A text could not be sent: ${error}.`),
  says(sms.smsDelivered, () => 'A text was delivered.'),
  says(sms.smsReceived, ({ number, action }) => `A text came in from ${number} (${action.replaceAll('_', ' ')}).`),
  says(sms.consentRevoked, ({ number }) => `${number} opted out of texts.`),
  says(sms.consentGranted, ({ number }) => `${number} opted in to texts.`),
  says(sms.smsAlerted, ({ message }) => `Texts: ${message}`),
]);

/** One event of the timeline as a sentence; the event's name when there is none for it. */
export function summaryOf(type: string, data: Record<string, unknown>): string {
  return sentences.get(type)?.(data) ?? type;
}
