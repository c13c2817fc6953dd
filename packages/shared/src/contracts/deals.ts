import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { merchantErased } from './erasure.ts';
import { defineEvent } from './event.ts';

const publisher = 'deals-svc';

export const dealStatusSchema = z.enum(['open', 'offer', 'accepted', 'signed', 'declined', 'closed']);
export const reviewStatusSchema = z.enum(['none', 'pending', 'approved', 'rejected', 'changes_requested']);

export const dealStarted = defineEvent({
  type: 'deal.started',
  publisher,
  data: z.object({ source: z.string().nullable(), requested_amount_cents: z.int().nullable() }),
});
export const dealUpdated = defineEvent({
  type: 'deal.updated',
  publisher,
  data: z.object({ fields: z.array(z.string()) }),
});
export const dealStatusChanged = defineEvent({
  type: 'deal.status_changed',
  publisher,
  data: z.object({ from: dealStatusSchema, to: dealStatusSchema, reason: z.string().optional() }),
});
export const dealReviewed = defineEvent({
  type: 'deal.reviewed',
  publisher,
  data: z.object({ decision: z.enum(['approve', 'reject', 'request_changes']), review_status: reviewStatusSchema }),
});
export const dealDeleted = defineEvent({
  type: 'deal.deleted',
  publisher,
  data: z.object({}),
});
export const intakeAnswered = defineEvent({
  type: 'intake.answered',
  publisher,
  data: z.object({ fields: z.array(z.string()), complete: z.boolean() }),
});
export const offerGenerated = defineEvent({
  type: 'offer.generated',
  publisher,
  data: z.object({
    count: z.int(),
    offer_ids: z.array(z.uuid()),
    recommended_offer_id: z.uuid(),
    policy_version: z.string(),
  }),
});
export const offerAccepted = defineEvent({
  type: 'offer.accepted',
  publisher,
  data: z.object({ offer_id: z.uuid(), funded_amount_cents: z.int(), payback_amount_cents: z.int() }),
});
export const backgroundResult = defineEvent({
  type: 'background.result',
  publisher,
  data: z.object({
    status: z.enum(['OK', 'FLAGGED']),
    reasons: z.array(z.object({ code: z.string(), detail: z.string() })),
  }),
});
export const alertRaised = defineEvent({
  type: 'alert.raised',
  publisher,
  data: alertSchema.extend({ alert_id: z.uuid() }),
});

export const dealsEvents = [
  dealStarted,
  dealUpdated,
  dealStatusChanged,
  dealReviewed,
  dealDeleted,
  intakeAnswered,
  offerGenerated,
  offerAccepted,
  backgroundResult,
  alertRaised,
  merchantErased,
] as const;
