import { dictionary } from '@zxcvbn-ts/language-common';

/** The 49,000 passwords that were most often found in leaks, lower case: the list that zxcvbn-ts keeps. */
const listed: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** Whether `text`, lower case, is a password that has leaked. */
export function isBreached(text: string): boolean {
  return listed.has(text);
}
