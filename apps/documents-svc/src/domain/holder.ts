import type { Statement } from '@uw-wizard/shared/contracts/statement';

/** Words that say what kind of company it is, or nothing at all; they tell no two companies apart. */
const EMPTY_WORDS = new Set(
  'the of and a an dba aka inc incorporated corp corporation co company llc ltd limited lp llp lllp pllc pc pa plc trust'.split(
    ' ',
  ),
);

/**
 * Whether `holder`, as printed on a statement, is clearly another name than `legalName`: fewer than half of the words of
 * the shorter name are found in the longer one. Banks cut names off and write them in capitals, so a word is found when
 * one begins with the other (three letters at least). False when either side has no word to go by.
 */
export function holderDiffers(holder: string, legalName: string): boolean {
  const [shorter = [], longer = []] = [wordsOf(holder), wordsOf(legalName)].sort((a, b) => a.length - b.length);
  if (shorter.length === 0) return false;
  const [packedShorter, packedLonger] = [shorter.join(''), longer.join('')];
  if (packedLonger.startsWith(packedShorter) || packedShorter.startsWith(packedLonger)) return false;
  const found = shorter.filter((word) => longer.some((other) => sameWord(word, other)));
  return found.length * 2 < shorter.length;
}

/** The statement with the flag `holder-differs` when its holder is clearly not the merchant. */
export function compareHolder(statement: Statement, legalName: string): Statement {
  if (statement.holder === null || !holderDiffers(statement.holder, legalName)) return statement;
  const detail = `The account belongs to ${statement.holder}; the merchant is ${legalName}.`;
  return { ...statement, flags: [...statement.flags, { code: 'holder-differs', field: 'holder', detail }] };
}

function wordsOf(name: string): string[] {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’.]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  return telling.length > 0 ? telling : words;
}

function sameWord(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= 3 && long.startsWith(short);
}
