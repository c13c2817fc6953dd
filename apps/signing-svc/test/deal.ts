import type { AgreementTerms } from '@uw-wizard/shared/contracts/asks';
import { v7 as uuidv7 } from 'uuid';

/** Accepted terms whose sums are right: $50,000 at 1.30 in 130 daily payments. */
export function acceptedTerms(): AgreementTerms {
  return {
    offer: {
      offer_id: uuidv7(),
      label: 'standard',
      recommended: true,
      funded_amount_cents: 5_000_000,
      factor_rate: 1.3,
      payback_amount_cents: 6_500_000,
      finance_charge_cents: 1_500_000,
      payment_frequency: 'daily',
      payment_amount_cents: 50_001,
      last_payment_amount_cents: 49_871,
      payment_count: 130,
      term_days: 188,
      holdback_pct: 12.5,
      est_apr_pct: 105.92,
      commission_cents: 400_000,
      paper_grade: 'B',
      expires_at: '2026-12-01T00:00:00.000Z',
      policy_version: '2026-11',
    },
    merchant: {
      legal_name: 'Żółw Café & Núñez LLC',
      dba: 'Corner Café',
      entity_type: 'llc',
      state: 'NY',
      ein: '12-3456789',
    },
    owner_name: 'Jane Núñez',
    accepted_at: '2026-11-20T15:04:05.000Z',
  };
}
