import type { Line } from './lines.ts';
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
 * Several lines of one side (checks, fees, electronic withdrawals) add up, unless one of them is called the total.
 */
export function summaryOf(lines: Line[], inTables: Set<number>): Summary {
  const hits = lines.flatMap((line, at) => (inTables.has(at) ? [] : hitsOf(line, lines[at + 1], at)));
  const begin = hits.find(({ kind }) => kind === 'begin');
  const ends = hits.filter(({ kind }) => kind === 'end');
  const end = ends.find(({ at }) => begin === undefined || at >= begin.at) ?? ends[0];
  const near = blockAround(hits, (begin ?? end)?.at);
  return {
    beginCents: begin?.cents ?? null,
    endCents: end?.cents ?? null,
    depositsCents: sideOf(near, 'credit'),
    withdrawalsCents: sideOf(near, 'debit'),
  };
}

function sideOf(hits: Hit[], kind: 'credit' | 'debit'): number | null {
  const side = hits.filter((hit) => hit.kind === kind);
  if (side.length === 0) return null;
  const total = side.find((hit) => hit.total);
  return total === undefined ? side.reduce((sum, { cents }) => sum + Math.abs(cents), 0) : Math.abs(total.cents);
}

/** The hits that hang together with the one at line `start`: no gap of more than `REACH` lines between them. */
function blockAround(hits: Hit[], start: number | undefined): Hit[] {
  if (start === undefined) return [];
  let [from, to] = [start, start];
  for (let grown = true; grown; ) {
    const next = hits.filter(({ at }) => at >= from - REACH && at <= to + REACH).map(({ at }) => at);
    const [low, high] = [Math.min(...next), Math.max(...next)];
    grown = low < from || high > to;
    [from, to] = [Math.min(from, low), Math.max(to, high)];
  }
  return hits.filter(({ at }) => at >= from && at <= to);
}

/** The labelled figures of one line; a label without a figure beside it may have it below. */
function hitsOf(line: Line, below: Line | undefined, at: number): Hit[] {
  const amounts = amountsOf(line);
  const hits: Hit[] = [];
  for (const { text, x0, x1, figure } of labelsOf(line, amounts)) {
    const kind = kindOf(text);
    if (kind === null) continue;
    const amount = figure ?? figureBelow(line, below, x0, x1);
    if (amount === null) continue;
    hits.push({ kind, total: /\btotal\b/i.test(text), cents: amount.sign < 0 ? -amount.cents : amount.cents, at });
  }
  return hits;
}

type Label = { text: string; x0: number; x1: number; figure: Amount | null };

/** Cuts a line into labels, each with the first figure to its right; a line without figures is cut where balances are named. */
function labelsOf({ words, height }: Line, amounts: Amount[]): Label[] {
  const labels: Label[] = [];
  let from = 0;
  for (const figure of amounts) {
    const own = words.slice(from, figure.first);
    from = figure.last + 1;
    const [first, last] = [own[0], own.at(-1)];
    if (first !== undefined && last !== undefined) {
      labels.push({ text: own.map(({ text }) => text).join(' '), x0: first.x0, x1: last.x1, figure });
    }
  }
  if (amounts.length > 0) return labels;
  let cell: Label | null = null;
  for (const word of words) {
    if (cell !== null && word.x0 - cell.x1 < height * 0.85) {
      cell.text += ` ${word.text}`;
      cell.x1 = word.x1;
    } else {
      cell = { text: word.text, x0: word.x0, x1: word.x1, figure: null };
      labels.push(cell);
    }
  }
  return labels;
}

function figureBelow(line: Line, below: Line | undefined, x0: number, x1: number): Amount | null {
  if (below === undefined || below.page !== line.page || below.y - line.y > line.height * 3) return null;
  return amountsOf(below).find((amount) => amount.x0 < x1 + line.height && amount.x1 > x0 - line.height) ?? null;
}

function kindOf(label: string): Hit['kind'] | null {
  const begins = BEGIN_LABEL.exec(label);
  const ends = END_LABEL.exec(label);
  if (begins !== null || ends !== null) return (begins?.index ?? -1) > (ends?.index ?? -1) ? 'begin' : 'end';
  if (label.split(' ').length > 9 || /\b(?:average|minimum|year|ytd|fdic)\b/i.test(label)) return null;
  const bare = label.replace(/[\d$(),.:+=-]+/g, ' ').replace(/\b(?:plus|less|minus|total(?: of)?)\b/gi, ' ');
  if (CREDIT_TOTAL.test(label)) return 'credit';
  if (DEBIT_TOTAL.test(label)) return 'debit';
  const section = sectionOf(bare);
  return section === 'credit' || section === 'debit' ? section : null;
}
