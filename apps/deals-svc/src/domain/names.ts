/** Words that say what kind of company it is, not which one. */
const LEGAL_SUFFIXES: ReadonlySet<string> = new Set([
  'co',
  'company',
  'corp',
  'corporation',
  'inc',
  'incorporated',
  'lc',
  'limited',
  'llc',
  'llp',
  'lp',
  'ltd',
  'pc',
  'plc',
  'pllc',
]);

/**
 * Folds what the eye reads as the same: case, accents and compatibility forms (NFKD), punctuation, spacing, `&` for "and".
 * Legal suffixes stay. Safe to apply twice.
 */
export function foldText(text: string): string {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      // Up and down again, so that letters with two lower-case forms (ß and ss, both sigmas) come out as one.
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replaceAll('ς', 'σ')
      .replaceAll('&', ' and ')
      .replace(/[.'’`]/gu, '')
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
  );
}

/**
 * The name by which a company is recognised: `foldText` without a leading "the" and without legal suffixes at the end
 * ("The Smith & Co., L.L.C." is "smith"). A name made of nothing else keeps its words; one without letters or digits
 * is only trimmed. Safe to apply twice.
 */
export function normaliseName(name: string): string {
  const words = foldText(name).split(' ');
  while (words.length > 1 && words[0] === 'the') words.shift();
  while (words.length > 1) {
    const last = words.at(-1) ?? '';
    if (!LEGAL_SUFFIXES.has(last) && last !== 'and') break;
    words.pop();
  }
  return words.join(' ') || name.trim();
}

/** A person's name without regard to case, accents, punctuation and the order of its words: "Doe, Jane" is "Jane Doe". */
export function normalisePerson(name: string): string {
  return foldText(name).split(' ').toSorted().join(' ');
}
