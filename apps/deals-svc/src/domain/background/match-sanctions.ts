import { type ListedName, likeness, wordLikeness, wordsOf } from './listed-name.ts';

/** A person, company, vessel or aircraft on a sanctions list, under all of its names. */
export type SanctionsEntry = {
  entNum: string;
  type: string;
  programs: readonly string[];
  names: readonly ListedName[];
};

/** `asOf` is the date of the list. */
export type SanctionsList = { asOf: Date; entries: readonly SanctionsEntry[] };

/** A list made ready to be searched. */
export type SearchableSanctions = SanctionsList & {
  /** Every name of every entry, in the order of the list. */
  names: readonly { entry: SanctionsEntry; listed: ListedName }[];
  /** Each word of the list, with the places in `names` where it stands. */
  placesOf: ReadonlyMap<string, readonly number[]>;
  /** The words of the list by their length. */
  wordsOfLength: ReadonlyMap<number, readonly string[]>;
};

export type SanctionsMatch = {
  /** The name that was asked about. */
  name: string;
  entry: SanctionsEntry;
  /** The name on the list that is like it. */
  matchedName: string;
  /** 0 to 1. */
  score: number;
};

/** From here on two names are alike: one wrong letter in a name of ten is, another first name is not. */
export const SANCTIONS_THRESHOLD = 0.88;

/** Makes a list ready to be searched. Takes about as long as thousands of searches: once per list. */
export function searchable(list: SanctionsList): SearchableSanctions {
  const names = list.entries.flatMap((entry) => entry.names.map((listed) => ({ entry, listed })));
  const placesOf = new Map<string, number[]>();
  for (const [place, { listed }] of names.entries()) {
    for (const word of new Set(listed.words)) append(placesOf, word, place);
  }
  const wordsOfLength = new Map<number, string[]>();
  for (const word of placesOf.keys()) append(wordsOfLength, word.length, word);
  return { ...list, names, placesOf, wordsOfLength };
}

/**
 * The entries that are like one of the names, best first, each entry once per name. Word order, case, accents,
 * punctuation and legal suffixes do not count; a letter here and there does little. A person is also found without their
 * middle names and second family name.
 */
export function matchSanctions(
  list: SearchableSanctions,
  names: readonly string[],
  threshold = SANCTIONS_THRESHOLD,
): readonly SanctionsMatch[] {
  const matches: SanctionsMatch[] = [];
  for (const name of new Set(names)) {
    const words = wordsOf(name);
    const best = new Map<SanctionsEntry, SanctionsMatch>();
    for (const { entry, listed } of candidates(list, words, threshold)) {
      const score = likeness(words, listed);
      if (score < threshold || score <= (best.get(entry)?.score ?? 0)) continue;
      best.set(entry, { name, entry, matchedName: listed.name, score });
    }
    matches.push(...best.values());
  }
  return matches.toSorted((a, b) => b.score - a.score);
}

// The likeness of names is computed in another order than that of words: the last digit may differ.
const ROUNDING = 1e-9;

/**
 * The names that can reach the threshold, in the order of the list. The likeness of two names is the weighted mean of the
 * likenesses of their words, so at least one pair of words has to be as alike as the names shall be; words that short of
 * one letter would fall below have to be the same.
 */
function candidates(list: SearchableSanctions, words: readonly string[], threshold: number) {
  const places = new Set<number>();
  const needed = threshold - ROUNDING;
  for (const word of words) {
    for (const similar of similarWords(list, word, needed)) {
      for (const place of list.placesOf.get(similar) ?? []) places.add(place);
    }
  }
  return [...places].toSorted((a, b) => a - b).flatMap((place) => list.names[place] ?? []);
}

/** The words of the list that are at least as like `word` as `needed`. */
function* similarWords(list: SearchableSanctions, word: string, needed: number): Generator<string> {
  for (const [length, sameLength] of list.wordsOfLength) {
    const longest = Math.max(word.length, length);
    // The likeness with one letter wrong, at best, and with as many as the lengths differ.
    const wrong = Math.max(1, longest - Math.min(word.length, length));
    if (1 - wrong / longest < needed) {
      if (length === word.length && list.placesOf.has(word)) yield word;
      continue;
    }
    for (const other of sameLength) {
      const score = wordLikeness(word, other);
      if (score > 0 && score >= needed) yield other;
    }
  }
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
