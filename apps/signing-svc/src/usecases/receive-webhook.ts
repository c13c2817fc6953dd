import { disagreement, unmatched } from '../domain/alerts.ts';
import { recordNews } from '../domain/envelope.ts';
import type { SigningProvider } from '../domain/signing-provider.ts';
import type { Whereabouts } from '../domain/slot.ts';
import type { KeptEvent, Report } from '../domain/webhook/report.ts';
import { callProvider } from './call-provider.ts';
import type { EnvelopeDeps } from './deps.ts';

export type ReceiveDeps = EnvelopeDeps & {
  /** The questions that are put before a tenant is known. */
  readonly lookups: {
    envelopeAtProvider(providers: readonly string[], id: string): Promise<Whereabouts | null>;
    envelopeOfDeal(dealId: string): Promise<Whereabouts | null>;
  };
  readonly provider: SigningProvider;
  readonly providerTimeoutMs: number;
  /** Whose admins hear of webhooks that belong to no tenant. */
  readonly bootstrapTenantId: string;
};

/** Whose envelopes a form may speak of. The mock speaks DocuSign's, and can be spoken of in any. */
const providersOf = { docusign: ['docusign', 'mock'], dropboxsign: ['dropboxsign', 'mock'] } as const;

/**
 * Takes in a verified report: finds our envelope, keeps the event and moves the envelope, once, in one transaction. Deal
 * and tenant come from the envelope alone. A report that its signature does not cover moves nothing here; it is kept, and
 * the provider is asked. Returns whether an envelope of ours was meant; if not, the bootstrap tenant is told.
 */
export async function receiveWebhook(deps: ReceiveDeps, report: Report): Promise<{ matched: boolean }> {
  const where = await findEnvelope(deps, report);
  if (where === null) {
    await tellUnmatched(deps, report);
    return { matched: false };
  }
  await deps.inTenant(where.tenantId, async ({ envelopes, webhookEvents }) => {
    const found = await envelopes.find(where.envelopeId);
    if (found === null) return;
    const at = deps.clock();
    const event = eventOf(report, { target: found.id, dealId: found.dealId, matched: true });
    const asks = !report.covered && !disagrees(report, found.dealId);
    if (!(await webhookEvents.keep(event, at, asks ? at : null))) return;
    await envelopes.change(found.id, (present) => {
      if (disagrees(report, present.dealId)) return { envelope: present, facts: [disagreement(present)] };
      if (report.status === null) return { envelope: present, facts: [] };
      const providerEnvelopeId = where.providerEnvelopeId;
      return recordNews(present, { status: report.status, eventId: report.eventId, at, providerEnvelopeId });
    });
  });
  return { matched: true };
}

async function findEnvelope(
  deps: ReceiveDeps,
  { source, about }: Report,
): Promise<(Whereabouts & { providerEnvelopeId?: string }) | null> {
  if ('dealId' in about) return deps.lookups.envelopeOfDeal(about.dealId);
  if (source === 'normalised' || about.providerEnvelopeId === '') return null;
  const { providerEnvelopeId } = about;
  const known = await deps.lookups.envelopeAtProvider(providersOf[source], providerEnvelopeId);
  if (known !== null) return known;
  // A provider may call before our own call to it has returned, or after a crash: it knows our reference.
  const reference = await referenceOf(deps, source, providerEnvelopeId);
  if (reference === null) return null;
  const ours = await deps.lookups.envelopeAtProvider([deps.provider.name], reference);
  return ours === null ? null : { ...ours, providerEnvelopeId };
}

async function referenceOf(
  deps: ReceiveDeps,
  source: keyof typeof providersOf,
  providerEnvelopeId: string,
): Promise<string | null> {
  if (!providersOf[source].some((name) => name === deps.provider.name)) return null;
  try {
    const found = await callProvider(deps.providerTimeoutMs, (signal) =>
      deps.provider.state(providerEnvelopeId, signal),
    );
    return found?.reference ?? null;
  } catch (error) {
    deps.log.warn({ err: error }, 'the signing provider could not be asked about an unknown envelope');
    return null;
  }
}

function disagrees(report: Report, dealId: string): boolean {
  return report.claimedDealId !== null && report.claimedDealId.trim().toLowerCase() !== dealId;
}

async function tellUnmatched(deps: ReceiveDeps, report: Report): Promise<void> {
  const tenantId = deps.bootstrapTenantId;
  const target = 'dealId' in report.about ? report.about.dealId : report.about.providerEnvelopeId;
  await deps.inTenant(tenantId, async ({ webhookEvents, announce }) => {
    const event = eventOf(report, { target: `unknown:${target}`, dealId: null, matched: false });
    if (!(await webhookEvents.keep(event, deps.clock(), null))) return;
    await announce({ subject: `webhook:${report.source}` }, unmatched(report.source));
  });
}

function eventOf(report: Report, about: Pick<KeptEvent, 'target' | 'dealId' | 'matched'>): KeptEvent {
  return {
    ...about,
    provider: report.source,
    eventId: report.eventId,
    facts: { type: report.type, claimed_deal_id: report.claimedDealId },
  };
}
