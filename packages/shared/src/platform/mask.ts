import { stdSerializers } from 'pino';

/** What stands in a log where a secret or somebody's personal data stood. */
const masked = '[masked]';

/** Members that are masked whatever they hold, by the last word of their name: `owner_email`, `recipientEmail`. */
const lastWords = new Set(
  (
    'authorization cookie password passphrase secret token otp pin email mail phone mobile ssn itin ein tin last4 dob ' +
    'holder address'
  ).split(' '),
);

/** The same by the end of their name, hyphens, underscores and case left out. */
const nameEnds =
  /(?:^to|^from|apikey|privatekey|identitykey|accountnumber|routingnumber|cardnumber|accountno|iban|dateofbirth|birthdate|ownername|firstname|lastname|fullname|contactname|signername|recipientname|legalname|normalisedname|^dba|^useoffunds)$/;

/** Members in which a database repeats a row's values, in its own errors and in what is made of them. */
const rowsInErrors = new Set(['detail', 'where', 'parameters', 'values']);

/**
 * Secrets and personal data by their looks, each kind with a hint without which it need not be looked for. Ids, times,
 * hashes and amounts are left alone: a figure that belongs to a longer run of letters, digits and hyphens is part of an
 * id. Each part is bounded, so that a long text costs little.
 */
const looks: readonly { hint: RegExp; look: RegExp }[] = [
  {
    hint: /@|%40/,
    look: anyOf(
      // The password in a URL.
      String.raw`(?<=\w:\/\/[^\s:/@]{0,100}:)[^\s@/]{1,200}(?=@)`,
      // An e-mail address, plain or as a URL writes it.
      String.raw`[\w.+%'-]{1,64}(?:@|%40)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}`,
    ),
  },
  {
    hint: /eyJ|bearer|passw|secret|token|key/i,
    look: anyOf(
      // A token: a JWT, a bearer's, or one with its name before it.
      String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]*`,
      String.raw`(?<=\bbearer\s{1,3})[\w.~+/=-]+`,
      String.raw`(?<=(?:password|passwd|secret|token|api[_-]?key)["']?\s{0,3}[=:]\s{0,3}["']?)[^\s"',;&)]+`,
    ),
  },
  {
    hint: /\d{4}|\+\d/,
    look: anyOf(
      // SSN, and EIN.
      String.raw`(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])`,
      String.raw`(?<![\w-])\d{2}-\d{7}(?![\w-])`,
      // A phone number: E.164, or as people write it.
      String.raw`(?<!\w)\+\d[\d ().-]{7,17}\d(?!\w)`,
      String.raw`(?<![\w-])\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])`,
      // All of these in one run, and account, routing and card numbers.
      String.raw`(?<![\w.-])\d{9,19}(?![\w-]|\.\d)`,
    ),
  },
];

function anyOf(...patterns: readonly string[]): RegExp {
  return new RegExp(patterns.join('|'), 'gi');
}

/** An id, alone: most texts of a log are one. */
const isId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const longestText = 16_384;
/** Nothing that is looked for is shorter, with what it is known by: `a@b.c`. */
const shortestLook = 5;
const deepest = 8;

/** `text` without what looks like personal data or a secret, and not longer than a log line can bear. */
export function maskText(text: string): string {
  if (text.length < shortestLook || isId.test(text)) return text;
  const cut = text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text;
  return looks.reduce((left, { hint, look }) => (hint.test(left) ? left.replace(look, masked) : left), cut);
}

/**
 * A copy of `value` as a log may hold it: members with a telling name are masked at any depth, and in every text what
 * looks like personal data. Other numbers stay. Errors become plain members, with their causes; bytes are only counted.
 */
export function mask(value: unknown): unknown {
  return maskAt(value, { depth: 0, inError: false });
}

type Place = { depth: number; inError: boolean };

function maskAt(value: unknown, { depth, inError }: Place): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= deepest) return '[deep]';
  const below = { depth: depth + 1, inError: inError || value instanceof Error };
  if (Array.isArray(value)) return value.map((item) => maskAt(item, below));
  if (value instanceof Set) return maskAt([...value], { depth, inError });
  if (value instanceof Map) return maskAt(Object.fromEntries(value), { depth, inError });
  const members = Object.entries(value instanceof Error ? stdSerializers.err(value) : value);
  return Object.fromEntries(
    members.map(([name, member]) => [
      name,
      isTelling(name, below.inError) && member !== undefined && member !== null ? masked : maskAt(member, below),
    ]),
  );
}

/** Names are few and come again and again; those of somebody's body may be many, and are worked out each time. */
const known = new Map<string, boolean>();
const mostKnown = 2_000;

function isTelling(name: string, inError: boolean): boolean {
  if (inError && rowsInErrors.has(name)) return true;
  const told = known.get(name);
  if (told !== undefined) return told;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const telling = lastWords.has(words.at(-1) ?? '') || nameEnds.test(words.join(''));
  if (known.size < mostKnown) known.set(name, telling);
  return telling;
}
