import { QUESTIONS } from './intake/catalogue.ts';
import type { Confirmation } from './intake/questions.ts';
import { foldText, normaliseName } from './names.ts';

/** What the intake asks about the merchant; `null` until known. */
export type MerchantIntake = {
  legalName: string | null;
  dba: string | null;
  /** `12-3456789`. */
  ein: string | null;
  /** Two capital letters. */
  state: string | null;
  /** A calendar day, `2019-04-01`. */
  businessStartDate: string | null;
  /** Two to six digits. */
  industryNaics: string | null;
  entityType: string | null;
  /** E.164. */
  phone: string | null;
  email: string | null;
  ticker: string | null;
  externalId: string | null;
};

/** A business that seeks funding. */
export type Merchant = Omit<MerchantIntake, 'legalName'> & {
  id: string;
  tenantId: string;
  legalName: string;
  /** `normaliseName(legalName)`: with the state, what tells a merchant without an EIN. */
  normalisedName: string;
  createdAt: Date;
  updatedAt: Date;
  /** When its personal data was erased: what is left is the mark, and its deals' figures. */
  erasedAt: Date | null;
  version: number;
};

/** What somebody says about a merchant: fields left out are not known. */
export type MerchantGiven = { [Field in keyof MerchantIntake]?: NonNullable<MerchantIntake[Field]> };
export type NewMerchant = MerchantGiven & { legalName: string };

/** A merchant seen for the first time. */
export function newMerchant(given: NewMerchant, as: { id: string; tenantId: string; now: Date }): Merchant {
  return {
    id: as.id,
    tenantId: as.tenantId,
    legalName: given.legalName,
    normalisedName: normaliseName(given.legalName),
    dba: given.dba ?? null,
    ein: given.ein ?? null,
    state: given.state ?? null,
    businessStartDate: given.businessStartDate ?? null,
    industryNaics: given.industryNaics ?? null,
    entityType: given.entityType ?? null,
    phone: given.phone ?? null,
    email: given.email ?? null,
    ticker: given.ticker ?? null,
    externalId: given.externalId ?? null,
    createdAt: as.now,
    updatedAt: as.now,
    erasedAt: null,
    version: 1,
  };
}

/**
 * The keys under which a merchant may already be known: its EIN, and its normalised name with its state (or without one:
 * two merchants of one name, of both of which the state is unknown, count as one). To be locked, sorted as they are,
 * while a merchant is looked up and made, so that two starts that race find each other.
 */
export function identityKeys(given: NewMerchant): readonly string[] {
  const keys = [`name:${normaliseName(given.legalName)}|${given.state ?? ''}`];
  return given.ein === undefined ? keys : [`ein:${given.ein}`, ...keys];
}

/**
 * The known merchant that `given` is, among candidates with its EIN or its normalised name (oldest first): the one with the
 * same EIN; else, where one side has no EIN, the one with the same normalised name and state. `null` when it is a new one.
 */
export function identifyMerchant(given: NewMerchant, candidates: readonly Merchant[]): Merchant | null {
  const byEin = candidates.find((known) => given.ein !== undefined && known.ein === given.ein);
  if (byEin) return byEin;
  const name = normaliseName(given.legalName);
  const byName = candidates.find(
    (known) =>
      (given.ein === undefined || known.ein === null) &&
      known.normalisedName === name &&
      known.state === (given.state ?? null),
  );
  return byName ?? null;
}

/** The merchant with `changes`, one version later; the normalised name follows the legal one. */
export function changedMerchant(merchant: Merchant, now: Date, changes: MerchantGiven): Merchant {
  const next = { ...merchant, ...changes };
  return {
    ...next,
    normalisedName: normaliseName(next.legalName),
    version: merchant.version + 1,
    updatedAt: now,
  };
}

/** Names differ in more than spelling; anything else in more than its case. */
function sameValue(prop: keyof MerchantIntake, one: string, other: string): boolean {
  if (prop === 'legalName' || prop === 'dba') return foldText(one) === foldText(other);
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * A known merchant met again: what was missing is filled in; what differs is put aside for confirmation and overwrites
 * nothing. Spelling of a name (case, punctuation, accents) is no difference. `filled` holds wire names.
 */
export function reuseMerchant(
  known: Merchant,
  given: MerchantGiven,
  as: { source: string; now: Date },
): { merchant: Merchant; filled: readonly string[]; confirmations: readonly Confirmation[] } {
  const filled: string[] = [];
  const confirmations: Confirmation[] = [];
  const missing: MerchantGiven = {};
  for (const question of QUESTIONS) {
    if (question.target !== 'merchant') continue;
    const value = given[question.prop];
    if (value === undefined) continue;
    const existing = known[question.prop];
    if (existing === null) {
      missing[question.prop] = value;
      filled.push(question.field);
    } else if (!sameValue(question.prop, existing, value)) {
      confirmations.push({ field: question.field, existing, value, source: as.source });
    }
  }
  const merchant = filled.length === 0 ? known : changedMerchant(known, as.now, missing);
  return { merchant, filled, confirmations };
}

/** Confirmations with `added` among them; a field waits with its newest value only. The same array when nothing is new. */
export function withConfirmations(
  waiting: readonly Confirmation[],
  added: readonly Confirmation[],
): readonly Confirmation[] {
  const isNew = (one: Confirmation): boolean =>
    !waiting.some((old) => old.field === one.field && old.value === one.value && old.source === one.source);
  if (!added.some(isNew)) return waiting;
  return [...waiting.filter((old) => !added.some(({ field }) => field === old.field)), ...added];
}
