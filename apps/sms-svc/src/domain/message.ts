import { DomainError } from '@uw-wizard/shared/errors';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { SegmentedMessage } from 'sms-segments-calculator';
import { INVALID_PHONE } from './errors.ts';

export type Category = 'transactional' | 'marketing';
export type MessageStatus = 'intent' | 'sent' | 'delivered' | 'failed' | 'unknown' | 'received';

/** How recipients are told to make it stop; words apart, as the carriers ask, and plain ASCII, which keeps GSM-7. */
export const footer = 'Reply STOP to opt out.';

/** The longest text that providers take. */
export const maxBodyCharacters = 1600;

/** The number in E.164; a number without a country is read as one of the United States. Throws `invalid-phone`. */
export function toE164(phone: string): string {
  const parsed = phone.length > 40 ? undefined : parsePhoneNumberFromString(phone, 'US');
  if (parsed === undefined || !parsed.isValid()) {
    throw new DomainError(INVALID_PHONE, 'Send a phone number that exists, best in E.164 (+12125550123).', {
      errors: [{ pointer: '#/to', detail: 'is not a phone number that can exist' }],
    });
  }
  return parsed.number;
}

/**
 * The number an inbound text came from, E.164. More is taken than `toE164` takes: a STOP counts also from a number that no
 * plan lists yet. Throws `invalid-phone` for what cannot be dialled at all.
 */
export function numberOf(from: string): string {
  const parsed = from.length > 40 ? undefined : parsePhoneNumberFromString(from, 'US');
  if (parsed === undefined || !parsed.isPossible()) {
    throw new DomainError(INVALID_PHONE, 'Send the number the text came from, best in E.164 (+12125550123).', {
      errors: [{ pointer: '#/from', detail: 'is not a phone number' }],
    });
  }
  return parsed.number;
}

/** Our own number, or name, that an inbound text was sent to: E.164 where it is a phone number, a short code as it is. */
export function senderOf(to: string): string {
  const parsed = parsePhoneNumberFromString(to, 'US');
  return parsed?.isPossible() ? parsed.number : to.trim();
}

/** The body as it is sent: with the footer at its end, once. */
export function withFooter(body: string): string {
  const trimmed = body.trim();
  return trimmed.toLowerCase().endsWith(footer.toLowerCase()) ? trimmed : `${trimmed}\n${footer}`.trim();
}

/** In how many parts a body travels, and in which alphabet: 160/153 characters GSM-7, 70/67 UCS-2. */
export function measure(body: string): { segments: number; encoding: 'GSM-7' | 'UCS-2' } {
  const message = new SegmentedMessage(body, 'auto');
  return { segments: message.segmentsCount, encoding: message.getEncodingName() === 'UCS-2' ? 'UCS-2' : 'GSM-7' };
}

/** `+1******0123`: enough to recognise, too little to call. */
export function maskNumber(number: string): string {
  return `${number.slice(0, 2)}******${number.slice(-4)}`;
}

const rank: Record<MessageStatus, number> = { received: 0, intent: 0, unknown: 1, sent: 2, failed: 3, delivered: 3 };

/** Whether a status report moves a text on; reports come late, twice and out of order, and the first final one stays. */
export function movesOn(from: MessageStatus, to: MessageStatus): boolean {
  return rank[to] > rank[from];
}
