import { createHash } from 'node:crypto';
import type { Message } from '../domain/text.ts';

/** Facts about a number name it by a digest: an event carries no personal data in clear. */
export function subjectOf(number: string): string {
  return `number:${createHash('sha256').update(number).digest('hex').slice(0, 32)}`;
}

/** What a fact about a text is about: its deal or, without one, its number. */
export function about(message: Pick<Message, 'dealId' | 'merchantId' | 'number'>) {
  const { dealId, merchantId, number } = message;
  return dealId === null ? { subject: subjectOf(number) } : { dealId, merchantId: merchantId ?? undefined };
}
