import type { AlertData } from '@uw-wizard/shared/contracts/alerts';
import type { AgreementTerms } from '@uw-wizard/shared/contracts/asks';
import type { Envelope, Publisher } from '@uw-wizard/shared/contracts/event';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { DealElsewhere, OwnerIdentity } from '../domain/background/checks.ts';
import type { BackgroundOutcome } from '../domain/background/evaluate.ts';
import type { Change, Deal } from '../domain/deal.ts';
import type { DealAtErasure } from '../domain/erase-merchant.ts';
import type { Merchant, NewMerchant } from '../domain/merchant.ts';
import type { Offer } from '../domain/offer.ts';

// What the use cases need of the data. Each takes the members it uses; `data/` offers them all.

/** Runs `work` in one transaction of the tenant. It may run again, so its effects are in the unit only. */
export type InTenant<Unit> = <T>(tenantId: string, work: (unit: Unit) => Promise<T>) => Promise<T>;

/** The same for what only looks, and begins all its looks at once: what it reads may not depend on what it has read. */
export type Look<Unit> = InTenant<Unit>;

/** The same for the effect of a command, with which its answer is kept. */
export type Commit<Unit> = <T>(command: Command<T>, work: (unit: Unit) => Promise<T>) => Promise<RecordedAnswer>;

export type Deals = {
  /** Throws deal-not-found. */
  get(dealId: string): Promise<Deal>;
  /** Throws deal-not-found. */
  getWithMerchant(dealId: string): Promise<{ deal: Deal; merchant: Merchant }>;
  /** The same with the newest time that any event of the deal has here, RFC 3339. */
  getDated(dealId: string): Promise<{ deal: Deal; merchant: Merchant; dealTime: string }>;
  /** Locks the merchant's unfinished deal and answers its id. */
  lockUnfinished(merchantId: string): Promise<string | null>;
  add(change: Change): Promise<Deal>;
  /** Locks, decides, saves, announces, returns the decision. Throws deal-not-found. */
  change<C extends Change>(dealId: string, decide: (deal: Deal, now: Date) => C | Promise<C>): Promise<C>;
  /** The newest time that any event of the deal has here, RFC 3339. */
  lastTime(deal: Deal): Promise<string>;
  /** What is announced next about the deal is dated after `time`. */
  observe(dealId: string, time: string): Promise<void>;
};

export type Merchants = {
  /** Throws merchant-not-found. */
  get(merchantId: string): Promise<Merchant>;
  /** Keeps others out who look for or make a merchant under one of `keys`. */
  lockIdentity(keys: readonly string[]): Promise<void>;
  /** Those with the EIN, or the normalised name and state, of `given`; oldest first. */
  candidates(given: NewMerchant): Promise<Merchant[]>;
  add(merchant: Merchant): Promise<Merchant>;
  /** Locks, decides, saves, returns the decision. Throws merchant-not-found. */
  change<D extends { merchant: Merchant }>(
    merchantId: string,
    decide: (merchant: Merchant) => D | Promise<D>,
  ): Promise<D>;
};

/** How often a merchant's erasure was asked for, and who has answered which ask. */
export type ErasureState = { asked: number; answered: Readonly<Partial<Record<Publisher, number>>> };

export type Erasures = {
  /** Locks the merchant and its deals. `null`: there is no such merchant. */
  lock(merchantId: string): Promise<{ deals: DealAtErasure[] } | null>;
  /** How many rows hold what would go, by what they are. */
  count(merchantId: string, dealIds: readonly string[]): Promise<Record<string, number>>;
  /** Erases here and asks the others; answers the number of the ask. */
  erase(merchantId: string, dealIds: readonly string[], by: { name: string; reason: string }): Promise<number>;
  /** Locks the deal, and says whether its merchant was erased. */
  isErased(dealId: string): Promise<boolean>;
  /** Another service has done its part of an ask. */
  noteAnswer(service: Publisher, given: { merchantId: string; ask: number; at: string }): Promise<void>;
  state(merchantId: string): Promise<ErasureState | null>;
};

export type Offers = {
  /** Those that nothing has replaced, newest first, and the `named` one, replaced or not. */
  current(dealId: string, named?: string | null): Promise<Offer[]>;
  /** Answers how many stood until now. */
  supersede(dealId: string, now: Date): Promise<number>;
  /** Supersedes those that were priced on sets older than this one, and answers how many. */
  supersedeOlderSets(dealId: string, statementSetId: string, now: Date): Promise<number>;
  replace(dealId: string, offers: readonly Offer[], now: Date): Promise<void>;
};

export type Reservation = {
  envelopeId: string;
  dealId: string;
  terms: AgreementTerms;
  /** What tells these terms from others: 64 hex digits. */
  termsHash: string;
  dealVersion: number;
  force: boolean;
  releasedAt: Date | null;
};
export type Reservations = {
  /** What tells terms from others: 64 hex digits, by a key. */
  hashOf(terms: AgreementTerms): string;
  find(envelopeId: string): Promise<Reservation | null>;
  add(reservation: Omit<Reservation, 'releasedAt'>, now: Date): Promise<void>;
  release(envelopeId: string, now: Date): Promise<void>;
};

export type BackgroundChecks = {
  /** Deals of other merchants with the EIN. */
  dealsWithEin(ein: string, except: { merchantId: string }): Promise<DealElsewhere[]>;
  /** Owners of other merchants' deals who share an e-mail address, a phone number or last four digits. */
  ownersLike(owner: OwnerIdentity, except: { merchantId: string }): Promise<(OwnerIdentity & DealElsewhere)[]>;
  /** The merchant's other deals that were declined since. */
  declinesOf(merchantId: string, since: Date): Promise<{ dealId: string; declinedAt: Date }[]>;
  add(run: { deal: Deal; outcome: BackgroundOutcome; by: string; now: Date }): Promise<void>;
};

export type TimelineEntry = { id: string; type: string; time: Date; createdAt: Date; data: Record<string, unknown> };
export type TimelinePosition = { time: Date; id: string };
export type Timeline = {
  /** Keeps events under their own ids and times, each once. */
  append(events: readonly Envelope[]): Promise<void>;
  page(dealId: string, options: { limit: number; after: TimelinePosition | null }): Promise<TimelineEntry[]>;
};

export type Alert = AlertData & {
  id: string;
  dealId: string | null;
  createdAt: Date;
  dismissedAt: Date | null;
  dismissedBy: string | null;
};
export type NewAlert = AlertData & { dealId?: string | undefined; merchantId?: string | undefined };
export type AlertPosition = { createdAt: Date; id: string };
export type Alerts = {
  /** Keeps the alert and announces it. */
  raise(alert: NewAlert): Promise<Alert>;
  page(options: {
    limit: number;
    after: AlertPosition | null;
    includeDismissed: boolean;
    dealId: string | null;
  }): Promise<Alert[]>;
  /** `null` when there is no such alert. */
  dismiss(alertId: string, by: string): Promise<Alert | null>;
};
