import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { z } from 'zod';
import { parseEin } from '../ein.ts';
import { dollars } from '../money.ts';
import { foldText } from '../names.ts';
import { parseState } from '../us-states.ts';
import type { AnswerValue, Question } from './questions.ts';

/** A value fit to keep, or what to send instead. The words never repeat the value: it may be somebody's SSN. */
export type Parsed = { ok: true; value: AnswerValue } | { ok: false; says: string };

const EARLIEST_DATE = '1800-01-01';

/**
 * Reads one answer by its question's type. `today` is a calendar day (`2026-11-21`), the latest that a date may be.
 * Text is trimmed and its white space made single; an EIN comes out as `12-3456789`, a state as two capitals, a phone number as E.164, an option as its value.
 */
export function parseValue(question: Question, raw: unknown, today: string): Parsed {
  switch (question.type) {
    case 'string':
      return parseText(question, raw);
    case 'integer':
      return parseNumber(question, raw, 0, 'a whole number');
    case 'cents':
      return parseNumber(question, raw, 0, 'a whole number of cents');
    case 'percent':
      return parseNumber(question, raw, 2, 'a number with at most two decimals');
    case 'boolean':
      return typeof raw === 'boolean' ? good(raw) : bad('Send true or false.');
    case 'date':
      return parseDate(raw, today);
    case 'email':
      return parseEmail(question, raw);
    case 'phone':
      return parsePhone(raw);
    case 'ein':
      return orBad(
        typeof raw === 'string' ? parseEin(raw) : null,
        'Send an EIN of nine digits, such as 12-3456789, whose first two digits the IRS has assigned.',
      );
    case 'state':
      return orBad(
        typeof raw === 'string' ? parseState(raw) : null,
        'Send the two letters of a US state, DC or territory.',
      );
    case 'enum':
      return parseOption(question, raw);
  }
}

function good(value: AnswerValue): Parsed {
  return { ok: true, value };
}

function bad(says: string): Parsed {
  return { ok: false, says };
}

function orBad(value: AnswerValue | null, says: string): Parsed {
  return value === null ? bad(says) : good(value);
}

function parseText(question: Question, raw: unknown): Parsed {
  if (question.pattern) {
    const text = typeof raw === 'string' ? raw.trim() : '';
    return question.pattern.regex.test(text) ? good(text) : bad(`Send ${question.pattern.says}.`);
  }
  const maxLength = question.maxLength ?? 200;
  const says = `Send a text of 1 to ${maxLength} characters without control characters.`;
  if (typeof raw !== 'string') return bad(says);
  const text = raw.trim().replace(/\s+/gu, ' ');
  // \p{Cs}: a lone surrogate is no character, and PostgreSQL stores neither it nor a NUL.
  if (text === '' || text.length > maxLength || /[\p{Cc}\p{Cs}]/u.test(text)) return bad(says);
  return good(text);
}

function parseNumber(question: Question, raw: unknown, decimals: number, kind: string): Parsed {
  const min = question.min ?? 0;
  const max = question.max ?? Number.MAX_SAFE_INTEGER;
  const asMoney = question.type === 'cents' ? ` (${dollars(min)} to ${dollars(max)})` : '';
  const says = `Send ${kind} from ${min} to ${max}${asMoney}.`;
  if (typeof raw !== 'number' || !Number.isFinite(raw) || raw < min || raw > max) return bad(says);
  // Printing with the allowed decimals and reading back changes any number that has more of them.
  return Number(raw.toFixed(decimals)) === raw ? good(raw === 0 ? 0 : raw) : bad(says);
}

function parseDate(raw: unknown, today: string): Parsed {
  const date = z.iso.date().safeParse(raw);
  if (!date.success) return bad('Send a calendar day such as 2019-04-01.');
  if (date.data < EARLIEST_DATE || date.data > today) return bad(`Send a day from ${EARLIEST_DATE} to ${today}.`);
  return good(date.data);
}

const emailSchema = z.string().trim().max(254).pipe(z.email());

function parseEmail(question: Question, raw: unknown): Parsed {
  const email = emailSchema.safeParse(raw);
  return email.success && email.data.length <= (question.maxLength ?? 254)
    ? good(email.data)
    : bad('Send an e-mail address such as name@example.com.');
}

/** Only the form is judged here; whether a number can be called or texted is known elsewhere. */
function parsePhone(raw: unknown): Parsed {
  const number = typeof raw === 'string' && raw.length <= 40 ? parsePhoneNumberFromString(raw, 'US') : undefined;
  if (number === undefined || number.ext !== undefined || !number.isPossible()) {
    return bad('Send a phone number such as +12125550123, without an extension.');
  }
  return good(number.number);
}

function parseOption(question: Question, raw: unknown): Parsed {
  const options = question.options ?? [];
  const said = typeof raw === 'string' && raw.length <= 100 ? foldText(raw) : '';
  const option = options.find(({ value, label, aliases }) =>
    [foldText(value), foldText(label), ...(aliases ?? [])].includes(said),
  );
  return option ? good(option.value) : bad(`Send one of: ${options.map(({ value }) => value).join(', ')}.`);
}
