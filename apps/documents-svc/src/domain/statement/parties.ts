import { BANK_NAME, BANKS } from './banks.ts';
import type { Line, Word } from './lines.ts';
import { cellsOf } from './lines.ts';

const ACCOUNT =
  /\b(?:account|acct|a\/c)\b\.?\s*(?:(?:number|no|num|nbr|#)\b\.?|#)?\s*(?:ending(?: in| with)?|\(?last (?:4|four)(?: digits)?\)?)?\s*[:#]?\s*((?:[A-Z]{0,6}[\dXx*•·.…-][\dXx*•·.…\s-]*)?\d(?:[\s-]?\d){2,})(?![\d/]|[\d,.]*\.\d{2})/gi;
/** A product's name with a long number behind it, or a masked one: "Business Checking - 7012345678", "Business Checking (...5678)". */
const PRODUCT =
  /\b(?:checking|savings|money market)\b[^\d$]{0,30}?(\d{6,}|(?<=(?:[x*•·….]{2}|ending in)[- ]?)\d{4})\)?$/i;
const ACCOUNT_LABEL = /\b(?:account|acct)\b\.?\s*(?:(?:(?:number|no|num)\b\.?|#)\s*:?|:)$/i;
const CITY_LINE = /\b[A-Z]{2}\.?,?\s+\d{5}(?:-?\d{4})?$/;
const HOLDER_LABEL =
  /^(?:account (?:holder|owner)|customer|account name|name|prepared for|statement for|business name|company|member)(?: name)?\s*:\s*(\S.*)$/i;
const STREET =
  /^\d|^p\.? ?o\.? ?box\b|^(?:suite|ste|apt|unit|floor|bldg|attn|c\/o|dba|d\/b\/a)\b|\b(?:operating|checking|payroll) account$/i;
const BANKISH =
  /bank\b|\bn\.?a\.?$|credit union|\bp\.? ?o\.? box\b|customer service|questions|write|call|return service|statement|account|checking|savings|page \d|https?:|www\.|\.com\b|\b1[-.]\d{3}[-.]/i;

/** The bank's name: a known one where it stands first, else a name in a bank's form near the top; null when there is neither. */
export function bankOf(lines: Line[]): string | null {
  const page = lines.filter((line) => line.page === lines[0]?.page);
  for (const line of [...page, ...lines]) {
    const known = BANKS.find(([, pattern]) => pattern.test(line.text));
    if (known !== undefined) return known[0];
    const cell = cellsOf(line).find(({ text }) => text.split(' ').length <= 8 && BANK_NAME.test(text));
    const named = BANK_NAME.exec(cell?.text ?? '')?.[0] ?? '';
    // A longer text is a sentence that mentions a bank.
    if (named.includes(' ') && named.length > (cell?.text.length ?? 0) * 0.6) return named.trim();
  }
  return null;
}

/** Every account number the statement labels as one, reduced to its last four digits, in order and without repeats. */
export function accountsOf(lines: Line[]): string[] {
  const found: string[] = [];
  lines.forEach((line, at) => {
    for (const { text } of cellsOf(line)) {
      for (const [, number = ''] of text.matchAll(ACCOUNT)) found.push(lastFour(number));
    }
    const product = PRODUCT.exec(line.text)?.[1];
    if (product !== undefined) found.push(lastFour(product));
    for (const cell of cellsOf(line).filter(({ text }) => ACCOUNT_LABEL.test(text))) {
      const value = [beside(line, cell), below(line, lines[at + 1], cell)].find(
        (near) => near !== null && /^[A-Z]{0,6}[\dXx*•·…. -]*\d[\d -]{2,}\d$/.test(near.text),
      );
      if (value) found.push(lastFour(value.text));
    }
  });
  return [...new Set(found)].filter((digits) => digits.length === 4);
}

/** Whose account it is: a labelled name, the first line above a postal address, or the name below the account number. */
export function holderOf(lines: Line[]): string | null {
  const page = lines.filter((line) => line.page === lines[0]?.page);
  for (const cell of page.flatMap(cellsOf)) {
    const name = HOLDER_LABEL.exec(cell.text)?.[1];
    if (name !== undefined && !BANKISH.test(name)) return name.trim();
  }
  const blocks = page.flatMap((line, at) =>
    cellsOf(line)
      .filter(({ text, x1 }, number, cells) => CITY_LINE.test(`${text} ${nextTo(cells[number + 1], x1, line)}`.trim()))
      .map((cell) => blockAbove(page, at, cell)),
  );
  for (const block of blocks) {
    const name = nameIn(block);
    if (name !== null) return name;
  }
  return nameBelowAccount(page);
}

/**
 * The name in the lines above a city: the nearest that is no street, box or attention line, unless it is a bank's own. Of two lines
 * that begin with a number the upper is a name ("4 Corners Deli"), the lower its street.
 */
function nameIn(block: string[]): string | null {
  const numbered = block.filter((text) => /^\d/.test(text));
  const name = block.findLast((text) => !STREET.test(text)) ?? (numbered.length > 1 ? numbered[0] : undefined);
  if (name === undefined || BANKISH.test(name) || BANKS.some(([, pattern]) => pattern.test(name))) return null;
  return name;
}

/** A postal code may stand a little apart from its city. */
function nextTo(cell: Word | undefined, x1: number, line: Line): string {
  return cell !== undefined && cell.x0 - x1 < line.height * 2 ? cell.text : '';
}

/** The lines of an address, from its top: cells that begin at one left edge, close above each other. */
function blockAbove(page: Line[], at: number, city: Word): string[] {
  const block: string[] = [];
  let y = page[at]?.y ?? 0;
  for (let above = at - 1; above >= 0 && block.length < 5; above -= 1) {
    const line = page[above];
    if (line === undefined || y - line.y > line.height * 2) break;
    const cell = cellsOf(line).find(({ x0 }) => Math.abs(x0 - city.x0) < 3);
    if (cell === undefined) continue;
    block.unshift(cell.text);
    y = line.y;
  }
  return block;
}

function nameBelowAccount(page: Line[]): string | null {
  for (const [at, line] of page.entries()) {
    const cell = cellsOf(line).find(({ text }) => /^account (?:number|no\.?|#)\s*:?\s*\S*\d{4}$/i.test(text));
    if (cell === undefined) continue;
    for (const next of page.slice(at + 1, at + 3)) {
      const name = cellsOf(next).find(({ x0 }) => Math.abs(x0 - cell.x0) < 3)?.text;
      if (name === undefined) continue;
      if (/^[A-Z][A-Z0-9 &.,'’/-]+$/.test(name) && !/\d{3}/.test(name) && !BANKISH.test(name)) return name;
      break;
    }
  }
  return null;
}

function beside(line: Line, cell: Word): Word | null {
  return cellsOf(line).find(({ x0 }) => x0 > cell.x1) ?? null;
}

function below(line: Line, next: Line | undefined, cell: Word): Word | null {
  if (next === undefined || next.page !== line.page || next.y - line.y > line.height * 2.5) return null;
  return cellsOf(next).find(({ x0, x1 }) => x0 < cell.x1 && x1 > cell.x0) ?? null;
}

function lastFour(number: string): string {
  return number.replaceAll(/\D/g, '').slice(-4);
}
