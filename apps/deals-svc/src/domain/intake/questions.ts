import type { DealIntake } from '../deal.ts';
import type { MerchantIntake } from '../merchant.ts';

export const ANSWER_TYPES = [
  'string',
  'integer',
  'cents',
  'percent',
  'date',
  'email',
  'phone',
  'ein',
  'state',
  'enum',
  'boolean',
] as const;
export type AnswerType = (typeof ANSWER_TYPES)[number];
export type AnswerValue = string | number | boolean;

export type Option = {
  value: string;
  label: string;
  /** Other spellings that mean this option, folded; not shown. */
  aliases?: readonly string[];
};

type Asked = {
  /** The name on the wire. */
  field: string;
  question: string;
  type: AnswerType;
  required: boolean;
  options?: readonly Option[];
  /** For `integer`, `cents` and `percent`. */
  min?: number;
  max?: number;
  /** For `string` and `email`. */
  maxLength?: number;
  /** What a string must look like, and how to say so. */
  pattern?: { regex: RegExp; says: string };
};

/** One question of the intake, and where its answer is kept. */
export type Question =
  | (Asked & { target: 'deal'; prop: keyof DealIntake })
  | (Asked & { target: 'merchant'; prop: keyof MerchantIntake });

/** A value that disagrees with the known one: kept aside, never written over it, until somebody confirms it or answers anew. */
export type Confirmation = {
  /** The field's name on the wire. */
  field: string;
  /** What is known; `null` when nothing is. */
  existing: AnswerValue | null;
  /** What was offered instead. */
  value: AnswerValue;
  /** Where the offered value came from. */
  source: string;
};
