import { findRestrictedIndustry, type IndustryFacts, type RestrictedIndustry } from '../industry.ts';
import { normalisePerson } from '../names.ts';
import { type CheckResult, notChecked } from './evaluate.ts';
import { matchSanctions, type SearchableSanctions } from './match-sanctions.ts';

/** Another merchant's deal that an EIN or an owner was found on. */
export type DealElsewhere = { dealId: string; merchantId: string };

/** By what an owner is known; `null` where nothing is. */
export type OwnerIdentity = {
  ownerName: string | null;
  ownerEmail: string | null;
  ownerPhone: string | null;
  ownerSsnLast4: string | null;
};

/** Holds names against a sanctions list. `list` is `null` where none is installed; empty names are left out. */
export function sanctionsCheck(list: SearchableSanctions | null, names: readonly (string | null)[]): CheckResult {
  const check = 'sanctions';
  const given = names.filter((name): name is string => name !== null && name.trim() !== '');
  if (list === null) return notChecked(check, 'No sanctions list is installed.');
  if (given.length === 0) return notChecked(check, 'There is no name to look up.');
  const listed = `OFAC SDN list of ${list.asOf.toISOString().slice(0, 10)}, ${list.entries.length} entries`;
  const matches = matchSanctions(list, given);
  if (matches.length === 0) return { check, result: 'pass', detail: `No match on the ${listed}.`, asOf: list.asOf };
  const found = matches.slice(0, 5).map(({ entry, matchedName, score }) => {
    const programs = entry.programs.join(', ') || 'no program named';
    return `${matchedName} (entry ${entry.entNum}, ${programs}, likeness ${score.toFixed(2)})`;
  });
  const more = matches.length > 5 ? `, and ${matches.length - 5} more` : '';
  return { check, result: 'flag', detail: `May be on the ${listed}: ${found.join('; ')}${more}.`, asOf: list.asOf };
}

/** Flags when other merchants' deals have the same EIN. `elsewhere`: deals of other merchants of the tenant with it. */
export function sameEinCheck(ein: string | null, elsewhere: readonly DealElsewhere[], now: Date): CheckResult {
  const check = 'same_ein_elsewhere';
  if (ein === null) return notChecked(check, "The merchant's EIN is not known.");
  return found(check, elsewhere, 'The same EIN stands on', 'The EIN stands on no other merchant.', now);
}

/**
 * Flags when the owner is also on other merchants' deals. `others`: owners of other merchants' deals that share an e-mail
 * address, a phone number or last four digits; `isSameOwner` decides.
 */
export function sameOwnerCheck(
  owner: OwnerIdentity,
  others: readonly (OwnerIdentity & DealElsewhere)[],
  now: Date,
): CheckResult {
  const check = 'same_owner_elsewhere';
  if (owner.ownerName === null) return notChecked(check, "The owner's name is not known.");
  if (owner.ownerEmail === null && owner.ownerPhone === null && owner.ownerSsnLast4 === null) {
    return notChecked(check, "Nothing but the owner's name is known, and a name alone is not a person.");
  }
  const same = others.filter((other) => isSameOwner(owner, other));
  return found(check, same, 'The same owner stands on', 'The owner stands on no other merchant.', now);
}

/** One person: the same name, and the same e-mail address, phone number or last four digits of the SSN. */
export function isSameOwner(one: OwnerIdentity, other: OwnerIdentity): boolean {
  if (one.ownerName === null || other.ownerName === null) return false;
  if (normalisePerson(one.ownerName) !== normalisePerson(other.ownerName)) return false;
  const sameEmail = one.ownerEmail !== null && one.ownerEmail.toLowerCase() === other.ownerEmail?.toLowerCase();
  const samePhone = one.ownerPhone !== null && one.ownerPhone === other.ownerPhone;
  const sameSsn = one.ownerSsnLast4 !== null && one.ownerSsnLast4 === other.ownerSsnLast4;
  return sameEmail || samePhone || sameSsn;
}

/** How long an earlier decline counts. */
export const PRIOR_DECLINE_DAYS = 365;

/** Flags when a deal of the merchant was declined within `PRIOR_DECLINE_DAYS`. `declines`: the merchant's other declined deals. */
export function priorDeclinesCheck(declines: readonly { dealId: string; declinedAt: Date }[], now: Date): CheckResult {
  const check = 'prior_declines';
  const since = now.getTime() - PRIOR_DECLINE_DAYS * 24 * 60 * 60 * 1000;
  const recent = declines.filter(({ declinedAt }) => declinedAt.getTime() >= since);
  if (recent.length === 0) {
    return { check, result: 'pass', detail: `No decline in the last ${PRIOR_DECLINE_DAYS} days.`, asOf: now };
  }
  const deals = recent.map(({ dealId, declinedAt }) => `${dealId} on ${declinedAt.toISOString().slice(0, 10)}`);
  return { check, result: 'flag', detail: `Declined before: deal ${deals.slice(0, 5).join(', ')}.`, asOf: now };
}

/** Flags a line of business on the list. Without a NAICS code only the names are looked at, and a pass says so. */
export function restrictedIndustryCheck(
  list: readonly RestrictedIndustry[],
  merchant: IndustryFacts,
  now: Date,
): CheckResult {
  const check = 'restricted_industry';
  const hit = findRestrictedIndustry(list, merchant);
  if (hit)
    return { check, result: 'flag', detail: `Restricted industry: ${hit.industry} (${hit.because}).`, asOf: now };
  const basis = merchant.industryNaics === null ? 'its names; no NAICS code is known' : 'its NAICS code and names';
  return { check, result: 'pass', detail: `Not a restricted industry, by ${basis}.`, asOf: now };
}

function found(
  check: CheckResult['check'],
  elsewhere: readonly DealElsewhere[],
  flagged: string,
  passed: string,
  now: Date,
): CheckResult {
  if (elsewhere.length === 0) return { check, result: 'pass', detail: passed, asOf: now };
  const merchants = new Set(elsewhere.map(({ merchantId }) => merchantId)).size;
  const deals = elsewhere.slice(0, 5).map(({ dealId }) => dealId);
  const where = merchants === 1 ? 'another merchant' : `${merchants} other merchants`;
  return { check, result: 'flag', detail: `${flagged} ${where}: deal ${deals.join(', ')}.`, asOf: now };
}
