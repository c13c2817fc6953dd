import { numberSubject } from '@uw-wizard/shared/platform/number-subject';
import type { Message } from '../domain/text.ts';

/** What a fact about a text is about: its deal or, without one, its number. */
export function about(message: Pick<Message, 'dealId' | 'merchantId' | 'number'>) {
  const { dealId, merchantId, number } = message;
  return dealId === null ? { subject: numberSubject(number) } : { dealId, merchantId: merchantId ?? undefined };
}
