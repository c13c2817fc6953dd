import type { BackgroundStatus } from '../deal.ts';

export const CHECKS = [
  'sanctions',
  'same_ein_elsewhere',
  'same_owner_elsewhere',
  'prior_declines',
  'restricted_industry',
] as const;
export type CheckName = (typeof CHECKS)[number];

/** What one check found. `not_checked` is a state of its own: nobody looked, so nobody may say "pass". */
export type CheckResult = {
  check: CheckName;
  result: 'pass' | 'flag' | 'not_checked';
  /** In words for the desk, without personal data of anybody but the public entries of a sanctions list. */
  detail: string;
  /** How old the knowledge is: the date of the list, or the time of the search; `null` when nobody looked. */
  asOf: Date | null;
};

/** Which checks have to have been run for an OK. */
export type BackgroundPolicy = { requiredChecks: readonly CheckName[] };

export type BackgroundReason = { code: string; detail: string };
export type BackgroundOutcome = {
  status: BackgroundStatus;
  reasons: readonly BackgroundReason[];
  checks: readonly CheckResult[];
};

/** The policy in force: with real providers, nobody is cleared without a look at the sanctions list. */
export function backgroundPolicy(config: { mockMode: boolean }): BackgroundPolicy {
  return { requiredChecks: config.mockMode ? [] : ['sanctions'] };
}

const FLAG_CODES: Readonly<Record<CheckName, string>> = {
  sanctions: 'sanctions-match',
  same_ein_elsewhere: 'same-ein-elsewhere',
  same_owner_elsewhere: 'same-owner-elsewhere',
  prior_declines: 'prior-declines',
  restricted_industry: 'restricted-industry',
};

/**
 * FLAGGED when a check flags, or when a required one was not run (`check-not-run`); otherwise OK: a check that nobody ran
 * and nobody requires stays visible as `not_checked` and flags nothing. A required check without any result was not run.
 */
export function evaluateBackground(results: readonly CheckResult[], policy: BackgroundPolicy): BackgroundOutcome {
  const absent = policy.requiredChecks.filter((name) => !results.some(({ check }) => check === name));
  const checks = [...results, ...absent.map((name) => notChecked(name, 'No result came in for this check.'))];
  const reasons = checks.flatMap((check): BackgroundReason[] => {
    if (check.result === 'flag') return [{ code: FLAG_CODES[check.check], detail: check.detail }];
    if (check.result === 'not_checked' && policy.requiredChecks.includes(check.check)) {
      return [
        { code: 'check-not-run', detail: `The ${check.check} check is required and was not run: ${check.detail}` },
      ];
    }
    return [];
  });
  return { status: reasons.length === 0 ? 'OK' : 'FLAGGED', reasons, checks };
}

export function notChecked(check: CheckName, detail: string): CheckResult {
  return { check, result: 'not_checked', detail, asOf: null };
}

/** A check as it goes over the wire. */
export type WireCheck = Pick<CheckResult, 'check' | 'result' | 'detail'> & { as_of: string | null };

export function wireCheck({ check, result, detail, asOf }: CheckResult): WireCheck {
  return { check, result, detail, as_of: asOf?.toISOString() ?? null };
}
