import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { answerIntake as answered } from '../domain/answer-intake.ts';
import {
  confirmQuestions,
  missingQuestions,
  type WireConfirmation,
  type WireQuestion,
} from '../domain/intake/missing.ts';
import { parseAnswers } from '../domain/intake/parse-answers.ts';
import type { Commit, Deals, Merchants } from './ports.ts';

export type AnswerIntakeDeps = {
  commit: Commit<{ deals: Pick<Deals, 'change'>; merchants: Pick<Merchants, 'change'> }>;
};

export type IntakeState = {
  dealId: string;
  missing: WireQuestion[];
  confirm: WireConfirmation[];
  complete: boolean;
};

/**
 * Keeps answers, takes confirmed values, and says what is still to be asked. One bad value: 422 `validation-failed` with a
 * pointer for each, nothing saved. 404 `deal-not-found`, 409 `illegal-transition` once the deal is over.
 */
export function answerIntake(
  deps: AnswerIntakeDeps,
  input: {
    command: Command<IntakeState>;
    dealId: string;
    answers: Readonly<Record<string, unknown>>;
    confirm: readonly string[];
  },
): Promise<RecordedAnswer> {
  return deps.commit(input.command, async (unit) => {
    const { deal, merchant, complete } = await unit.deals.change(input.dealId, (deal, now) => {
      const answers = parseAnswers(input.answers, { today: now.toISOString().slice(0, 10) });
      return unit.merchants.change(deal.merchantId, (merchant) =>
        answered(deal, merchant, { answers, confirm: input.confirm, now }),
      );
    });
    const missing = missingQuestions(deal, merchant);
    return { dealId: deal.id, missing, confirm: confirmQuestions(deal), complete };
  });
}
