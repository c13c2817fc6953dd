import type { Line } from './lines.ts';
import { cellsOf } from './lines.ts';
import type { Amount } from './money.ts';
import { amountsOf } from './money.ts';
import { BEGIN_LABEL, END_LABEL, sectionOf } from './vocabulary.ts';

/** The figures that a statement prints about itself, outside its rows; null when it prints none. Cents; a balance may be negative. */
export type Summary = {
  beginCents: number | null;
  endCents: number | null;
  depositsCents: number | null;
  withdrawalsCents: number | null;
};

type Hit = { kind: 'begin' | 'end' | 'credit' | 'debit'; total: boolean; cents: number; at: number };

const CREDIT_TOTAL =
  /^\W*(?:total |plus |add )*(?:\d+ )?(?:amount of )?(?:other |all |customer )*(?:deposits?|credits?|additions?|money in|paid in)\b/i;
const DEBIT_TOTAL =
  /^\W*(?:total |less |minus |subtract )*(?:\d+ )?(?:amount of )?(?:other |all |customer )*(?:withdrawals?|debits?|subtractions?|money out|paid out|checks)\b/i;
/** Figures of one summary stand within this many lines of each other. */
const REACH = 6;

/**
 * Finds the summary: the first beginning balance, the ending balance that belongs to it, and the totals between or near them.
 * Several lines of one side (checks, fees, electronic withdrawals) add up, unless one of them is called the total, or only
 * the first, as the total of the others, leads from one balance to the other.
 */
export function summaryOf(lines: Line[], inTables: Set<number>): Summary {
  const hits = lines.flatMap((_, at) => (inTables.has(at) ? [] : hitsOf(lines, at)));
  const begin = hits.find(({ kind }) => kind === 'begin');
  const ends = hits.filter(({ kind }) => kind === 'end');
  const end = ends.find(({ at }) => begin === undefined || at >= begin.at) ?? ends[0];
  const near = blockAround(hits, (begin ?? end)?.at, inTables);
  const [credits, debits] = [readingsOf(near, 'credit'), readingsOf(near, 'debit')];
  const pairs = credits.flatMap((credit) => debits.map((debit) => ({ credit, debit })));
  const explains = ({ credit, debit }: (typeof pairs)[number]) =>
    (begin?.cents ?? Number.NaN) + (credit ?? 0) - (debit ?? 0) === end?.cents;
  const sides = pairs.find(explains) ?? pairs[0];
  return {
    beginCents: begin?.cents ?? null,
    endCents: end?.cents ?? null,
    depositsCents: sides?.credit ?? null,
    withdrawalsCents: sides?.debit ?? null,
  };
}

/** What the figures of one side may come to, the likeliest first: their sum, or the first where the others are its parts. */
function readingsOf(hits: Hit[], kind: 'credit' | 'debit'): (number | null)[] {
  const side = hits.filter((hit) => hit.kind === kind);
  const total = side.find((hit) => hit.total);
  if (total !== undefined) return [Math.abs(total.cents)];
  const [first] = side;
  if (first === undefined) return [null];
  const sum = side.reduce((all, { cents }) => all + Math.abs(cents), 0);
  return Math.abs(first.cents) * 2 === sum ? [sum, Math.abs(first.cents)] : [sum];
}

/** The hits that hang together with the one at line `start`: no gap of more than `REACH` lines between them, and no table. */
function blockAround(hits: Hit[], start: number | undefined, inTables: Set<number>): Hit[] {
  if (start === undefined) return [];
  let [from, to] = [start, start];
  for (let grown = true; grown; ) {
    const next = hits.filter(({ at }) => at >= from - REACH && at <= to + REACH).map(({ at }) => at);
    const [low, high] = [Math.min(...next), Math.max(...next)];
    grown = low < from || high > to;
    [from, to] = [Math.min(from, low), Math.max(to, high)];
  }
  const before = [...inTables].filter((at) => at < start);
  const after = [...inTables].filter((at) => at > start);
  from = Math.max(from, ...before);
  to = Math.min(to, ...after);
  return hits.filter(({ at }) => at >= from && at <= to);
}

/** The labelled figures of one line: labels left of them, or, on a line of figures only, above them. */
function hitsOf(lines: Line[], at: number): Hit[] {
  const line = lines[at];
  if (line === undefined) return [];
  const amounts = amountsOf(line);
  const bare =
    amounts.length > 0 && line.words.length === amounts.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const labels = bare ? labelsAbove(lines, at, amounts) : labelsBeside(line, amounts);
  return labels.flatMap(({ text, last, figure }) => {
    const kind = kindOf(text) ?? kindOf(last);
    if (kind === null) return [];
    return [{ kind, total: /\btotal\b/i.test(text), cents: figure.sign < 0 ? -figure.cents : figure.cents, at }];
  });
}

/** `last` is the part of the text that is nearest to the figure: what stands far left of it may belong to another list. */
type Label = { text: string; last: string; figure: Amount };

/** Cuts a line into labels, each with the first figure to its right. */
function labelsBeside({ words, height }: Line, amounts: Amount[]): Label[] {
  let from = 0;
  return amounts.map((figure) => {
    const cells = cellsOf({ words: words.slice(from, figure.first), height }).map(({ text }) => text);
    from = figure.last + 1;
    return { text: cells.join(' '), last: cells.at(-1) ?? '', figure };
  });
}

/** The headings above figures that run across the page; a heading may be stacked on up to three lines. */
function labelsAbove(lines: Line[], at: number, amounts: Amount[]): Label[] {
  const above: Line[] = [];
  for (let next = at; above.length < 3; next -= 1) {
    const [line, upper] = [lines[next], lines[next - 1]];
    if (line === undefined || upper === undefined || upper.page !== line.page || amountsOf(upper).length > 0) break;
    if (line.y - upper.y > line.height * (above.length === 0 ? 3 : 1.6)) break;
    above.unshift(upper);
  }
  return amounts.map((figure) => {
    const text = above
      .flatMap((line) => cellsOf(line).filter(({ x0, x1 }) => x0 < figure.x1 + 2 && x1 > figure.x0 - 2))
      .map((cell) => cell.text)
      .join(' ');
    return { text, last: text, figure };
  });
}

function kindOf(label: string): Hit['kind'] | null {
  const begins = BEGIN_LABEL.exec(label);
  const ends = END_LABEL.exec(label);
  if (begins !== null || ends !== null) return (begins?.index ?? -1) > (ends?.index ?? -1) ? 'begin' : 'end';
  if (label.split(' ').length > 9 || /\b(?:average|minimum|year|ytd|fdic|totall?ing|there w(?:as|ere))\b/i.test(label))
    return null;
  const bare = label.replace(/[\d$(),.:+=-]+/g, ' ').replace(/\b(?:plus|less|minus|total(?: of)?)\b/gi, ' ');
  if (CREDIT_TOTAL.test(label)) return 'credit';
  if (DEBIT_TOTAL.test(label)) return 'debit';
  const section = sectionOf(bare);
  return section === 'credit' || section === 'debit' ? section : null;
}
