import { createHash } from 'node:crypto';

/** What events about a phone number (E.164) are about: a digest, for an event carries no personal data in clear. */
export function numberSubject(number: string): string {
  return `number:${createHash('sha256').update(number).digest('hex').slice(0, 32)}`;
}
