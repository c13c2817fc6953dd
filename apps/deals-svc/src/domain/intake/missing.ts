import type { Deal } from '../deal.ts';
import type { Merchant } from '../merchant.ts';
import { findQuestion, QUESTIONS } from './catalogue.ts';
import type { AnswerType, AnswerValue, Question } from './questions.ts';

/** A question as the client sees it. */
export type WireQuestion = {
  field: string;
  question: string;
  type: AnswerType;
  required: boolean;
  options?: { value: string; label: string }[];
};
export type WireConfirmation = { field: string; question: string; value: AnswerValue; source: string };

/** A catalogue entry with everything a form needs: the question, whom it is about and its limits. */
export type WireCatalogueEntry = WireQuestion & {
  target: 'deal' | 'merchant';
  min?: number;
  max?: number;
  max_length?: number;
  pattern?: string;
};

/** What is still to be asked, in the order of the catalogue: no known value, and none waiting for confirmation. */
export function missingQuestions(deal: Deal, merchant: Merchant): WireQuestion[] {
  const waiting = new Set(deal.confirmations.map(({ field }) => field));
  return QUESTIONS.filter(
    (question) => !waiting.has(question.field) && knownValue(question, deal, merchant) === null,
  ).map((question) => wireQuestion(question, isRequired(question, merchant)));
}

/** The values that wait for somebody's word. */
export function confirmQuestions(deal: Deal): WireConfirmation[] {
  return deal.confirmations.flatMap(({ field, value, source }) => {
    const question = findQuestion(field);
    if (question === null) return [];
    return [{ field, question: `${question.question} We were told something new: is this right?`, value, source }];
  });
}

/** Nothing required is unknown, and nothing required waits for confirmation. */
export function isComplete(deal: Deal, merchant: Merchant): boolean {
  const waiting = new Set(deal.confirmations.map(({ field }) => field));
  return QUESTIONS.filter((question) => isRequired(question, merchant)).every(
    (question) => knownValue(question, deal, merchant) !== null && !waiting.has(question.field),
  );
}

/** The whole catalogue, for GET /api/intake/fields. */
export function wireCatalogue(): WireCatalogueEntry[] {
  return QUESTIONS.map((question) => ({
    ...wireQuestion(question, question.required),
    target: question.target,
    ...(question.min === undefined ? {} : { min: question.min }),
    ...(question.max === undefined ? {} : { max: question.max }),
    ...(question.maxLength === undefined ? {} : { max_length: question.maxLength }),
    ...(question.pattern === undefined ? {} : { pattern: question.pattern.regex.source }),
  }));
}

/** The value now kept for a question; `null` when there is none. */
export function knownValue(question: Question, deal: Deal, merchant: Merchant): AnswerValue | null {
  return question.target === 'deal' ? deal[question.prop] : merchant[question.prop];
}

/** A sole proprietor may do business under their own SSN and have no EIN. */
function isRequired(question: Question, merchant: Merchant): boolean {
  if (question.field === 'ein' && merchant.entityType === 'sole_proprietorship') return false;
  return question.required;
}

function wireQuestion(question: Question, required: boolean): WireQuestion {
  return {
    field: question.field,
    question: question.question,
    type: question.type,
    required,
    ...(question.options ? { options: question.options.map(({ value, label }) => ({ value, label })) } : {}),
  };
}
