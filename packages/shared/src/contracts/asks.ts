import { z } from 'zod';
import { dealStatusSchema } from './deals.ts';
import { offerSchema } from './offer.ts';
import { roleSchema } from './permissions.ts';
import type { ServiceName } from './routes.ts';
import { analysisSchema } from './statement.ts';

/**
 * A question one service puts to the owner of the answer, over `ask.<service>.<name>`; never decided on stale news. It may
 * reach the owner more than once, at several replicas too: answering it again answers the same and does nothing twice.
 */
export type AskContract<Q extends z.ZodType = z.ZodType, A extends z.ZodType = z.ZodType> = {
  readonly owner: ServiceName;
  readonly name: string;
  readonly request: Q;
  readonly reply: A;
};

function defineAsk<Q extends z.ZodType, A extends z.ZodType>(ask: AskContract<Q, A>): AskContract<Q, A> {
  return ask;
}

/**
 * The newest time any event of the deal has at the owner. Whoever goes on from the answer dates its own event later
 * (`observe`), so that a timeline is in order across services.
 */
const dealTime = z.iso.datetime();
const tenantAndDeal = z.object({ tenant_id: z.string(), deal_id: z.uuid() });

/** May a new set of statements be stored for this deal? Answers deal-not-found, merchant-mismatch, illegal-transition. */
export const uploadGate = defineAsk({
  owner: 'deals-svc',
  name: 'upload-gate',
  request: tenantAndDeal.extend({ merchant_id: z.uuid() }),
  reply: z.object({
    deal_id: z.uuid(),
    merchant_id: z.uuid(),
    legal_name: z.string(),
    status: dealStatusSchema,
    deal_time: dealTime,
  }),
});

/** Does this deal exist, and whose is it? Answers deal-not-found. */
export const dealExists = defineAsk({
  owner: 'deals-svc',
  name: 'deal-exists',
  request: tenantAndDeal,
  reply: z.object({ deal_id: z.uuid(), merchant_id: z.uuid(), status: dealStatusSchema, deal_time: dealTime }),
});

/** What does the agreement say? The terms as accepted, the merchant as named. Never the owner's SSN. */
export const agreementTermsSchema = z.object({
  offer: offerSchema,
  merchant: z.object({
    legal_name: z.string(),
    dba: z.string().nullable(),
    entity_type: z.string().nullable(),
    state: z.string().nullable(),
    ein: z.string().nullable(),
  }),
  owner_name: z.string().nullable(),
  accepted_at: z.iso.datetime(),
});
export type AgreementTerms = z.infer<typeof agreementTermsSchema>;

/**
 * May this deal be sent for signature? A yes reserves it: the terms under `terms_hash` stay as they are for `envelope_id`,
 * and the deal knows that an envelope may be out. Asking again for the same envelope answers the same. `replaces` names the
 * deal's envelope before it, which has ended without a signature: its reservation passes on, although the event that says
 * so may not have arrived yet. Answers deal-not-found, deal-not-accepted, background-missing, background-not-ok,
 * envelope-outstanding (another reservation).
 */
export const signatureGate = defineAsk({
  owner: 'deals-svc',
  name: 'signature-gate',
  request: tenantAndDeal.extend({ envelope_id: z.uuid(), force: z.boolean(), replaces: z.uuid().optional() }),
  reply: z.object({
    deal_id: z.uuid(),
    merchant_id: z.uuid(),
    deal_version: z.int(),
    terms: agreementTermsSchema,
    terms_hash: z.string(),
    deal_time: dealTime,
  }),
});

/** Which set of statements does the deal have, and what does it say? `none` without one. */
export const currentStatements = defineAsk({
  owner: 'documents-svc',
  name: 'current-statements',
  request: tenantAndDeal,
  reply: z.discriminatedUnion('status', [
    z.object({ status: z.literal('none') }),
    z.object({ status: z.literal('pending'), statement_set_id: z.uuid(), deal_time: dealTime }),
    z.object({
      status: z.literal('done'),
      statement_set_id: z.uuid(),
      analysis: analysisSchema,
      reconciled: z.boolean(),
      deal_time: dealTime,
    }),
  ]),
});

/** Whose API key is this? `key_hash` is the hex SHA-256 of the whole key. `null` for an unknown, expired or revoked one. */
export const resolveApiKey = defineAsk({
  owner: 'auth-svc',
  name: 'resolve-api-key',
  request: z.object({ key_hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  reply: z.object({
    credential: z
      .object({
        api_key_id: z.uuid(),
        tenant_id: z.string(),
        role: roleSchema,
        name: z.string(),
        expires_at: z.iso.datetime().nullable(),
      })
      .nullable(),
  }),
});

/**
 * Is this session still good (not logged out, user not disabled), and what may its user do now? Who must change the
 * password first may do nothing else.
 */
export const resolveSession = defineAsk({
  owner: 'auth-svc',
  name: 'resolve-session',
  request: z.object({ tenant_id: z.string(), session_id: z.uuid() }),
  reply: z.object({
    active: z.boolean(),
    role: roleSchema.nullable(),
    must_change_password: z.boolean().default(false),
  }),
});

/**
 * Which users, sessions and API keys are not what they were, since the cursor of an earlier answer? A change is told again
 * until every transaction has ended that had begun before it; its `id` tells it from later ones of the same credential.
 * `all`: there are too many to name, or the cursor is nobody's; nothing that was known before counts any more.
 */
export const credentialChanges = defineAsk({
  owner: 'auth-svc',
  name: 'credential-changes',
  request: z.object({
    since: z
      .string()
      .regex(/^\d{1,20}$/)
      .nullable(),
  }),
  reply: z.object({
    cursor: z.string(),
    all: z.boolean(),
    changes: z.array(z.object({ id: z.int(), credential_id: z.uuid() })),
  }),
});
