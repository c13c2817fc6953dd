import type { AgreementTerms } from '@uw-wizard/shared/contracts/asks';
import type { Offer } from '@uw-wizard/shared/contracts/offer';

/** What the agreement says, in the order it says it; how it looks is the renderer's affair. */
export type Agreement = {
  readonly title: string;
  readonly reference: string;
  readonly date: string;
  readonly sections: readonly Section[];
  readonly signatures: readonly Signature[];
};
export type Section = {
  readonly heading: string;
  readonly rows?: readonly (readonly [label: string, value: string])[];
  readonly paragraphs?: readonly string[];
};
/** A place to sign. The anchors are texts that a provider finds in the PDF and puts its fields on. */
export type Signature = {
  readonly party: string;
  readonly name: string;
  readonly signAnchor: string;
  readonly dateAnchor: string;
};

/** Payments a year, as the estimated APR counts them: business days, or weeks. */
const paymentsPerYear = { daily: 252, weekly: 52 } as const;

/**
 * The agreement on an accepted offer, in the terms of a purchase of future receipts. It names what sales-based financing
 * has to disclose (California Financial Code 22802 and 10 CCR 914; New York FIS 803): funding provided, finance charge,
 * estimated APR, payments, estimated term, prepayment. Throws when the payments do not add up to the purchased amount.
 */
export function agreementOf(input: {
  reference: string;
  buyer: string;
  terms: AgreementTerms;
  sellerEmail: string;
}): Agreement {
  const { offer, merchant, owner_name: owner } = input.terms;
  checkTerms(offer);
  const seller =
    merchant.dba === null ? merchant.legal_name : `${merchant.legal_name} (doing business as ${merchant.dba})`;
  return {
    title: 'Purchase and Sale of Future Receipts Agreement',
    reference: input.reference,
    date: dayOf(input.terms.accepted_at),
    sections: [
      {
        heading: 'Parties',
        rows: [
          ['Buyer', input.buyer],
          ['Seller (merchant)', seller],
          ...known(
            'Form and state',
            [merchant.entity_type?.replaceAll('_', ' '), merchant.state].filter(Boolean).join(', '),
          ),
          ...known('EIN', merchant.ein),
          ...known('Signing for the seller', owner),
          ['E-mail of the seller', input.sellerEmail],
        ],
      },
      { heading: 'Purchase', rows: purchaseRows(offer) },
      { heading: 'Payment schedule', rows: scheduleRows(offer) },
      { heading: 'Terms', paragraphs: clauses(offer) },
    ],
    signatures: [{ party: 'Seller', name: owner ?? merchant.legal_name, signAnchor: '/sig1/', dateAnchor: '/date1/' }],
  };
}

function purchaseRows(offer: Offer): [string, string][] {
  return [
    ['Purchase price (funded amount)', dollars(offer.funded_amount_cents)],
    ['Purchased amount (total payback)', dollars(offer.payback_amount_cents)],
    ['Factor rate', offer.factor_rate.toFixed(4).replace(/0{1,2}$/, '')],
    ['Finance charge', dollars(offer.finance_charge_cents)],
    ['Specified percentage of receipts (holdback)', percent(offer.holdback_pct)],
    ['Estimated APR', `${percent(offer.est_apr_pct)} (nominal yearly rate; see the note on day count)`],
  ];
}

function scheduleRows(offer: Offer): [string, string][] {
  const { payment_count: count, payment_frequency: frequency } = offer;
  return [
    ['Payment frequency', frequency === 'daily' ? 'daily, every business day' : 'weekly'],
    ['Number of payments', String(count)],
    ['Payment amount', dollars(offer.payment_amount_cents)],
    ['Last payment', dollars(offer.last_payment_amount_cents)],
    ['Sum of all payments', dollars(scheduledCents(offer))],
    ['Estimated term', `${offer.term_days} calendar days`],
  ];
}

function clauses(offer: Offer): string[] {
  const perYear = paymentsPerYear[offer.payment_frequency];
  const unit = offer.payment_frequency === 'daily' ? 'business days' : 'weeks';
  return [
    `Sale of receipts. The seller sells to the buyer, for the purchase price, the purchased amount of its future receipts. This is a purchase and not a loan: it bears no interest, and the buyer takes the risk that receipts come slower than estimated.`,
    `Payments. The buyer debits the payment amount from the seller's business account at the payment frequency until the purchased amount has been received. The payment amount estimates ${percent(offer.holdback_pct)} of the seller's receipts.`,
    `Reconciliation. When receipts fall, the seller may at any time ask for the payments to be adjusted to the specified percentage of what it really received; the buyer answers within five business days. The estimated term becomes longer accordingly.`,
    `Prepayment. The seller may pay what is left of the purchased amount at any time. There is no fee for doing so, and the finance charge does not become smaller.`,
    `Estimated APR. Estimated from the schedule above as the rate per payment times ${perYear} ${unit} a year; it assumes that all payments are made in time. Slower payments make it lower.`,
    `Electronic signature. The parties agree to sign electronically (15 U.S.C. 7001 and the law of the seller's state); a signed copy is kept and available to both.`,
  ];
}

/** What all payments of the schedule come to, in cents. */
export function scheduledCents(
  offer: Pick<Offer, 'payment_amount_cents' | 'payment_count' | 'last_payment_amount_cents'>,
): number {
  return offer.payment_amount_cents * (offer.payment_count - 1) + offer.last_payment_amount_cents;
}

/** Nobody is asked to sign sums that contradict each other; the pricing never makes any, so this is a fault of ours. */
function checkTerms(offer: Offer): void {
  if (scheduledCents(offer) !== offer.payback_amount_cents) {
    throw new Error(`the payments of offer ${offer.offer_id} do not add up to its payback amount`);
  }
  if (offer.payback_amount_cents - offer.funded_amount_cents !== offer.finance_charge_cents) {
    throw new Error(`the finance charge of offer ${offer.offer_id} is not its payback less its funded amount`);
  }
}

function known(label: string, value: string | null): [string, string][] {
  return value === null || value === '' ? [] : [[label, value]];
}

// Made once: making one takes longer than all that is written with it.
const inDollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const inDays = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' });

/** Cents in the words of a person: `1234567` is `$12,345.67`. */
function dollars(amountCents: number): string {
  return inDollars.format(amountCents / 100);
}

function percent(value: number): string {
  return `${value.toFixed(2)} %`;
}

/** The UTC day of a time in RFC 3339, as written in the United States. */
function dayOf(time: string): string {
  return inDays.format(new Date(time));
}
