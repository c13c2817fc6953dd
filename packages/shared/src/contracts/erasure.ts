import { z } from 'zod';
import { defineEvent } from './event.ts';

/** The stream of erasures alone: who follows it hears nothing else of deals-svc, whose keeper that is. */
export const erasureStream = 'erasures';

/**
 * A merchant's personal data has been erased by its owner, and is to be erased by everybody else. `ask` counts from 1: who
 * asks again wants it done and answered again. `numbers` are digests, as subjects of events about a number have them
 * (`number-subject.ts`), for texts that name no deal. About `erasureOf` the merchant.
 */
export const merchantErased = defineEvent({
  type: 'merchant.erased',
  publisher: 'deals-svc',
  data: z.object({
    merchant_id: z.uuid(),
    ask: z.int().positive(),
    deal_ids: z.array(z.uuid()),
    numbers: z.array(z.string()),
  }),
});

/** What the answers to it are about, so that they stand in no deal's sequence. */
export function erasureOf(merchantId: string): string {
  return `erasure:${merchantId}`;
}

/** The publisher has erased what it had of the merchant: `rows` that were blanked, `files` that were removed. */
const answer = z.object({
  merchant_id: z.uuid(),
  ask: z.int().positive(),
  rows: z.int().nonnegative(),
  files: z.int().nonnegative(),
});

export const documentErased = defineEvent({ type: 'document.erased', publisher: 'documents-svc', data: answer });
export const signErased = defineEvent({ type: 'sign.erased', publisher: 'signing-svc', data: answer });
export const smsErased = defineEvent({ type: 'sms.erased', publisher: 'sms-svc', data: answer });
export const authErased = defineEvent({ type: 'auth.erased', publisher: 'auth-svc', data: answer });

/** The answers, one of everybody who is asked. */
export const erasureAnswers = [documentErased, signErased, smsErased, authErased] as const;
export type ErasureAnswer = (typeof erasureAnswers)[number];
