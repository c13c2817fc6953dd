import { DomainError, type FieldProblem } from '@uw-wizard/shared/errors';
import { type Change, changed, type Deal } from './deal.ts';
import { isUnfinished } from './deal-status.ts';
import { ILLEGAL_TRANSITION } from './errors.ts';
import { findQuestion } from './intake/catalogue.ts';
import { isComplete } from './intake/missing.ts';
import { type Answers, invalid, put } from './intake/parse-answers.ts';
import { changedMerchant, type Merchant } from './merchant.ts';

/**
 * Keeps answers (already read by `parseAnswers`) and takes the waiting value of each field in `confirm`. An answer is a
 * word given: it replaces what was known and settles what waited for that field. Nothing given changes nothing.
 * Announces `intake.answered` with the names of the fields, never their values.
 *
 * 422 `validation-failed` when `confirm` names a field that is answered in the same call or has nothing waiting;
 * 409 `illegal-transition` once the deal is signed, declined or closed.
 */
export function answerIntake(
  deal: Deal,
  merchant: Merchant,
  given: { answers: Answers; confirm: readonly string[]; now: Date },
): Change & { merchant: Merchant; complete: boolean } {
  const { answers, now } = given;
  const confirm = [...new Set(given.confirm)];
  const fields = [...answers.fields, ...confirm];
  if (fields.length === 0) return { deal, merchant, facts: [], complete: isComplete(deal, merchant) };
  if (!isUnfinished(deal.status)) {
    const detail = `The deal is ${deal.status}: its intake can no longer be answered. Start a new deal for this merchant.`;
    throw new DomainError(ILLEGAL_TRANSITION, detail);
  }
  const merged = { deal: { ...answers.deal }, merchant: { ...answers.merchant } };
  const problems: FieldProblem[] = [];
  for (const [at, field] of given.confirm.entries()) {
    const waiting = deal.confirmations.find((confirmation) => confirmation.field === field);
    const question = findQuestion(field);
    if (answers.fields.includes(field)) {
      problems.push({ pointer: `#/confirm/${at}`, detail: 'Either answer this field or confirm it, not both.' });
    } else if (waiting === undefined || question === null) {
      problems.push({ pointer: `#/confirm/${at}`, detail: 'Nothing waits for confirmation under this name.' });
    } else {
      put(merged, question, waiting.value);
    }
  }
  if (problems.length > 0) throw invalid(problems);

  const changesMerchant = Object.keys(merged.merchant).length > 0;
  const nextMerchant = changesMerchant ? changedMerchant(merchant, now, merged.merchant) : merchant;
  const confirmations = deal.confirmations.filter(({ field }) => !fields.includes(field));
  const answered = changed(deal, now, { ...merged.deal, confirmations });
  const complete = isComplete(answered, nextMerchant);
  const intakeCompletedAt = answered.intakeCompletedAt ?? (complete ? now : null);
  return {
    deal: { ...answered, intakeCompletedAt },
    merchant: nextMerchant,
    facts: [{ type: 'intake.answered', data: { fields, complete } }],
    complete,
  };
}
