import { DomainError } from '@uw-wizard/shared/errors';
import { PASSWORD_NOT_ALLOWED } from './errors.ts';

export const minPasswordLength = 12;
export const maxPasswordLength = 128;

/**
 * Throws 422 `password-not-allowed`, naming the member at `pointer`, for a password that others would try: NIST SP
 * 800-63B-4, section 3.1.1.2. Length in code points, no rules about kinds of characters; none that is on a list of those
 * that have leaked (`isListed`, of lower-case texts), also with figures and signs around it or said several times, and
 * none that is made of the account's own name.
 */
export function checkPassword(
  password: string,
  context: { pointer: string; email: string; name: string; isListed: (text: string) => boolean },
): void {
  const reason = refusalOf(password.normalize('NFKC'), context);
  if (reason === null) return;
  throw new DomainError(PASSWORD_NOT_ALLOWED, 'Choose another password.', {
    errors: [{ pointer: context.pointer, detail: reason }],
  });
}

function refusalOf(
  password: string,
  { email, name, isListed }: { email: string; name: string; isListed: (text: string) => boolean },
): string | null {
  const length = [...password].length;
  if (length < minPasswordLength) return `Use ${minPasswordLength} characters or more; a few words make a good one.`;
  if (length > maxPasswordLength) return `Use ${maxPasswordLength} characters at most.`;
  const text = password.toLowerCase();
  const core = coreOf(text);
  const own = [email, email.split('@')[0] ?? '', name, name.replaceAll(/\s/g, '')].map((each) => each.toLowerCase());
  if (own.some((each) => each === text || (each !== '' && each === core))) {
    return 'Use one that is not the name or the address of the account.';
  }
  if ([text, core, unitOf(text), unitOf(core)].some((each) => each.length < 3 || isListed(each))) {
    return 'This one has leaked elsewhere, or is close to one that has, and is among the first that others try.';
  }
  return null;
}

/** What is left without the figures and signs before and behind it; the whole where that is nothing. */
function coreOf(text: string): string {
  const characters = [...text];
  const isLetter = (character: string) => /\p{L}/u.test(character);
  const first = characters.findIndex(isLetter);
  return first === -1 ? text : characters.slice(first, characters.findLastIndex(isLetter) + 1).join('');
}

/** The text that `text` is several times: "abc" of "abcabcabc"; itself when it is no such thing. */
function unitOf(text: string): string {
  for (let size = 1; size <= text.length / 2; size += 1) {
    if (text.length % size === 0 && text === text.slice(0, size).repeat(text.length / size)) return text.slice(0, size);
  }
  return text;
}
