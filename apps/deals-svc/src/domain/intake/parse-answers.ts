import { DomainError, type FieldProblem } from '@uw-wizard/shared/errors';
import type { DealIntake } from '../deal.ts';
import { VALIDATION_FAILED } from '../errors.ts';
import type { MerchantGiven, NewMerchant } from '../merchant.ts';
import { findQuestion, QUESTIONS } from './catalogue.ts';
import { parseValue } from './parse-value.ts';
import type { AnswerValue, Question } from './questions.ts';

export type DealGiven = { [Field in keyof DealIntake]?: NonNullable<DealIntake[Field]> };

/** Answers that are all fit to keep, sorted by where they belong. `fields` are their wire names, in the order given. */
export type Answers = { deal: DealGiven; merchant: MerchantGiven; fields: readonly string[] };

export type ParseOptions = {
  /** The latest day a date may be, `2026-11-21`. */
  today: string;
  /** Where in the request the answers stand; defaults to `#/answers`. */
  pointer?: string;
  /** The only fields that may be there; defaults to all of the intake. */
  only?: (question: Question) => boolean;
};

// A body has room for a hundred thousand unknown fields, each of which would be answered with the whole catalogue.
const maxProblems = 100;

/**
 * Reads `{field: value}` by the question catalogue. One bad or unknown field and nothing is taken: 422 `validation-failed`
 * with a pointer for every one of the first hundred. `null` is no answer: leave the field out.
 */
export function parseAnswers(raw: Readonly<Record<string, unknown>>, options: ParseOptions): Answers {
  const pointer = options.pointer ?? '#/answers';
  const problems: FieldProblem[] = [];
  const answers: Answers & { fields: string[] } = { deal: {}, merchant: {}, fields: [] };
  for (const [field, value] of Object.entries(raw)) {
    if (problems.length === maxProblems) break;
    const question = findQuestion(field);
    if (question === null || (options.only && !options.only(question))) {
      const known = QUESTIONS.filter((candidate) => options.only?.(candidate) ?? true).map((known) => known.field);
      problems.push({
        pointer: at(pointer, field),
        detail: `There is no such field here. Known are: ${known.join(', ')}.`,
      });
      continue;
    }
    const parsed = parseValue(question, value, options.today);
    if (parsed.ok) {
      put(answers, question, parsed.value);
      answers.fields.push(field);
    } else {
      problems.push({ pointer: at(pointer, field), detail: parsed.says });
    }
  }
  if (problems.length > 0) throw invalid(problems);
  return answers;
}

/**
 * Reads the `merchant` of a start: the intake's merchant fields, of which `legal_name` is needed.
 * 422 `validation-failed` with pointers under `#/merchant`.
 */
export function parseMerchant(raw: Readonly<Record<string, unknown>>, options: { today: string }): NewMerchant {
  const { merchant } = parseAnswers(raw, {
    today: options.today,
    pointer: '#/merchant',
    only: (question) => question.target === 'merchant',
  });
  if (merchant.legalName === undefined) {
    throw invalid([{ pointer: '#/merchant/legal_name', detail: 'Send the legal name of the business.' }]);
  }
  return { ...merchant, legalName: merchant.legalName };
}

/** 422 `validation-failed` for the given fields. */
export function invalid(problems: readonly FieldProblem[]): DomainError {
  const count = problems.length === 1 ? 'One value' : `${problems.length} values`;
  return new DomainError(VALIDATION_FAILED, `${count} cannot be used; nothing was saved. Correct what errors names.`, {
    errors: problems,
  });
}

/** Puts a value that has been read by its question's type where that question keeps it. */
export function put(into: { deal: DealGiven; merchant: MerchantGiven }, question: Question, value: AnswerValue): void {
  // The catalogue's test holds every question's type against the type of the property it fills.
  Object.assign(question.target === 'deal' ? into.deal : into.merchant, { [question.prop]: value });
}

/** RFC 6901: `~` and `/` are escaped inside a pointer's token. */
function at(pointer: string, field: string): string {
  return `${pointer}/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
