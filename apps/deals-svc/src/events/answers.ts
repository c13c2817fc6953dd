import { dealExists, signatureGate, uploadGate } from '@uw-wizard/shared/contracts/asks';
import { answerAsk } from '@uw-wizard/shared/platform/ask';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Stoppable } from '@uw-wizard/shared/platform/worker';
import { type AllowUploadDeps, allowUpload } from '../usecases/allow-upload.ts';
import { type IdentifyDealDeps, identifyDeal } from '../usecases/identify-deal.ts';
import { type ReserveSignatureDeps, reserveSignature } from '../usecases/reserve-signature.ts';

/** Answers what other services ask about deals, for as long as it is not stopped. */
export function answerQuestions(
  deps: { bus: Bus; log: Logger } & AllowUploadDeps & IdentifyDealDeps & ReserveSignatureDeps,
): Promise<Stoppable[]> {
  const { bus, log } = deps;
  return Promise.all([
    answerAsk(bus, log, uploadGate, ({ tenant_id, deal_id, merchant_id }) =>
      allowUpload(deps, { tenantId: tenant_id, dealId: deal_id, merchantId: merchant_id }),
    ),
    answerAsk(bus, log, dealExists, ({ tenant_id, deal_id }) =>
      identifyDeal(deps, { tenantId: tenant_id, dealId: deal_id }),
    ),
    answerAsk(bus, log, signatureGate, ({ tenant_id, deal_id, envelope_id, force, replaces }) =>
      reserveSignature(deps, { tenantId: tenant_id, dealId: deal_id, envelopeId: envelope_id, force, replaces }),
    ),
  ]);
}
