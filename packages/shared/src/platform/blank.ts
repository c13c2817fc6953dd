/** What stands where somebody's personal data stood before it was erased. */
export const erasedText = '[erased]';

/** Texts that name nobody: ids, codes, hashes and words of our contracts, which are small letters; days and times; grades. */
const harmless = [
  /^(?=.*[a-z])[a-z0-9_.:-]{1,128}$/,
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?Z)?$/,
  /^(OK|FLAGGED|[A-D])$/,
];

/** Members whose text is people's own words or names, whatever it looks like: `filename`, `legal_name`, `message`. */
const telling = /name$|^(holder|bank|funder|body|text|message|detail|reason|error|note|dba|use_of_funds)$/;

/**
 * A copy of JSON without the texts that may say who somebody is: all but those that certainly do not. Figures, members and
 * their order stay, so whoever reads it reads on. Erring on the side of too much: a sentence of ours is lost with the name in it.
 */
export function blankTexts(value: unknown): unknown {
  if (typeof value === 'string') return harmless.some((form) => form.test(value)) ? value : erasedText;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(blankTexts);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      telling.test(name) && typeof member === 'string' ? erasedText : blankTexts(member),
    ]),
  );
}

/** The same of a text that is JSON; of any other nothing is left. An empty one stays. */
export function blankJson(text: string): string {
  if (text === '') return text;
  try {
    return JSON.stringify(blankTexts(JSON.parse(text)));
  } catch {
    return erasedText;
  }
}

/** The same of an event as it travels: what it is and where it belongs stays, its data is blanked. */
export function blankEnvelope(envelope: object): object {
  return 'data' in envelope ? { ...envelope, data: blankTexts(envelope.data) } : (blankTexts(envelope) as object);
}
