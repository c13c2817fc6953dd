import type { Line, Word } from './lines.ts';

/** An amount where it is printed. `sign` is what stands beside it: -1 (minus, brackets, DR), 1 (plus, CR) or 0 (nothing). */
export type Amount = { cents: number; sign: -1 | 0 | 1; x0: number; x1: number; first: number; last: number };

const FIGURE =
  /^(?<open>[-+−–—]?\(?[-+−–—]?)(?:US)?\$?(?<inner>[-+−–—(]?)(?<digits>(?:\d{1,3}(?:,\d{3})+|\d+)?\.\d{2})(?<close>\)?[-+−–—]?)(?<word>CR|DR|Cr|Dr|cr|dr)?\.?$/;
const LEAD = /^[-+−–—]?\(?\$?$/;
const TRAIL = /^(?:[-+−–—]|\)|CR|DR|Cr|Dr|cr|dr)$/;
const MINUS = /[-−–—(]/;

/** Reads one printed amount in integer cents: `1,234.56`, `$1,234.56`, `(1,234.56)`, `-1,234.56`, `1,234.56-`, `1,234.56 CR`; else null. */
export function parseAmount(text: string): { cents: number; sign: -1 | 0 | 1 } | null {
  const groups = FIGURE.exec(text.replaceAll(' ', ''))?.groups;
  if (groups === undefined) return null;
  const { open = '', inner = '', digits = '', close = '', word = '' } = groups;
  const cents = Number(digits.replaceAll(/[,.]/g, ''));
  if (!Number.isSafeInteger(cents)) return null;
  const marks = open + inner + close;
  if (marks.includes('(') !== marks.includes(')')) return null;
  if (MINUS.test(marks) || /dr/i.test(word)) return { cents, sign: -1 };
  return { cents, sign: marks.includes('+') || /cr/i.test(word) ? 1 : 0 };
}

/** Every amount on a line, with its words' places; a sign, a dollar sign or CR/DR that stands apart belongs to its amount. */
export function amountsOf({ words, height }: Pick<Line, 'words' | 'height'>): Amount[] {
  const found: Amount[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const span = spanAt(words, at, height);
    if (span === null) continue;
    found.push(span);
    at = span.last;
  }
  return found;
}

function spanAt(words: Word[], at: number, height: number): Amount | null {
  let first = at;
  let last = at;
  const start = words[at];
  if (start === undefined) return null;
  const figure = LEAD.test(start.text) ? words[at + 1] : start;
  if (figure === undefined || !/\.\d{2}/.test(figure.text)) return null;
  if (figure !== start) {
    // A dollar sign may stand far left of its figure; a lone minus must touch it, or it is a dash in a text.
    if (!start.text.includes('$') && figure.x0 - start.x1 > height * 0.5) return null;
    last = at + 1;
    first = at;
  }
  const after = words[last + 1];
  if (after !== undefined && TRAIL.test(after.text) && after.x0 - figure.x1 < height) {
    const longer = parseAmount(joined(words, first, last + 1));
    if (longer !== null) return { ...longer, x0: start.x0, x1: figure.x1, first, last: last + 1 };
  }
  const parsed = parseAmount(joined(words, first, last));
  return parsed === null
    ? null
    : { ...parsed, x0: figure === start ? start.x0 : figure.x0, x1: figure.x1, first, last };
}

function joined(words: Word[], first: number, last: number): string {
  return words
    .slice(first, last + 1)
    .map((word) => word.text)
    .join('');
}

/** Integer cents as a person reads them, for flags: `-1,234.56`. */
export function dollars(cents: number): string {
  const whole = Math.floor(Math.abs(cents) / 100).toLocaleString('en-US');
  return `${cents < 0 ? '-' : ''}$${whole}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
}
