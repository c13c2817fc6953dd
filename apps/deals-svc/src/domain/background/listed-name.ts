import { distance } from 'fastest-levenshtein';
import { normaliseName } from '../names.ts';

/** One name of an entry, made ready to be compared. */
export type ListedName = {
  /** As the list has it. */
  name: string;
  words: readonly string[];
  /** Of an individual ("LAST, First Middle"): where among the words the first family name and the first given name are. */
  person: { family: number; given: number } | null;
};

// Words less alike than this are different words.
const WORD_THRESHOLD = 0.7;

/** Makes a name of the list ready. An individual's stands as "FAMILY NAME, Given Names". */
export function prepareName(name: string, isIndividual: boolean): ListedName {
  const comma = isIndividual ? name.indexOf(',') : -1;
  if (comma < 0) return { name, words: wordsOf(name), person: null };
  const familyWords = wordsOf(name.slice(0, comma));
  const givenWords = wordsOf(name.slice(comma + 1));
  // "AL-ZAWAHIRI": an article or particle is nobody's family name.
  const family = Math.max(
    0,
    familyWords.findIndex((word) => word.length > 2),
  );
  const person = familyWords.length > 0 && givenWords.length > 0 ? { family, given: familyWords.length } : null;
  return { name, words: [...familyWords, ...givenWords], person };
}

/** The words by which a name is compared: folded, and without legal suffixes. */
export function wordsOf(name: string): string[] {
  return normaliseName(name)
    .split(' ')
    .filter((word) => word !== '');
}

/**
 * How alike two names are, 0 to 1. Every word asked about is paired with the most similar unused word of the
 * listed name; the score is the share of letters in both that are paired, weighted by how alike the pairs are. For a person
 * whose first family name and first given name were both named, words of the list that nobody named do not count.
 */
export function likeness(words: readonly string[], listed: ListedName): number {
  const unused = listed.words.map((word, at) => ({ word, at }));
  let pairedLetters = 0;
  let pairedOfListed = 0;
  const pairedAt = new Set<number>();
  for (const word of words) {
    let best = { score: 0, index: -1 };
    for (const [index, candidate] of unused.entries()) {
      const score = wordLikeness(word, candidate.word);
      if (score > best.score) best = { score, index };
    }
    const [partner] = best.index < 0 ? [] : unused.splice(best.index, 1);
    if (partner === undefined) continue;
    pairedLetters += best.score * (word.length + partner.word.length);
    pairedOfListed += partner.word.length;
    pairedAt.add(partner.at);
  }
  const letters = lettersIn(words);
  const { person } = listed;
  const isNamedPerson = person !== null && pairedAt.has(person.family) && pairedAt.has(person.given);
  const lettersOfListed = isNamedPerson ? pairedOfListed : lettersIn(listed.words);
  return pairedLetters / (letters + lettersOfListed);
}

/** How alike two words are, 0 to 1; 0 for words that are not the same word misspelt. */
export function wordLikeness(one: string, other: string): number {
  if (one === other) return 1;
  const longest = Math.max(one.length, other.length);
  if (Math.abs(one.length - other.length) > longest * (1 - WORD_THRESHOLD)) return 0;
  const score = 1 - distance(one, other) / longest;
  return score >= WORD_THRESHOLD ? score : 0;
}

function lettersIn(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length, 0);
}
