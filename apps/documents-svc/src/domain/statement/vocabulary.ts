/** What a printed word means on a statement. Everything a bank may call its columns, sections and figures is in this file. */

export type ColumnKind = 'date' | 'description' | 'reference' | 'type' | 'credit' | 'debit' | 'amount' | 'balance';

/** The words a column heading is made of; a line with any other word is no heading. */
export const HEADING_WORDS = new Set(
  `date dates posted posting post trans tran transaction transactions effective value description descriptions details detail particulars
  activity memo payee narrative type code category reference ref check cheque no number num # serial no. nbr amount amounts amt debit debits
  credit credits deposit deposits withdrawal withdrawals withdrawn additions addition subtractions subtraction payments payment charges charge
  paid money in out balance balances ending daily running ledger account available and or of the / & - + ( ) (+) (-) (–) ($) $ usd
  (cr) (dr) cr dr by to received spent checks fees other resulting book end day day's total instances tracer bank cleared utc
  eff desc bal chk`.split(/\s+/),
);

/** Column headings by meaning; the first that fits wins. `balance` comes before the rest ("Ending daily balance"). */
export const COLUMN_KINDS: [ColumnKind, RegExp][] = [
  ['balance', /\bbal(?:ances?)?\b/],
  ['date', /\bdate\b|^dates?$|^posted$/],
  [
    'reference',
    /\b(?:check|chk|cheque|serial|reference|ref|tracer)\s*(?:no|number|num|nbr|#|\.)|^(?:check|chk|cheque|number|ref|reference|#|no)$/,
  ],
  ['type', /^(?:transaction |trans )?(?:type|code|category)$/],
  ['description', /\b(?:desc|descriptions?|details?|particulars|narrative|memo|payee|activity)\b|^transactions?$/],
  ['amount', /\bamounts?\b|\bamt\b/],
];
export const CREDIT_COLUMN = /\b(?:deposits?|credits?|additions?|money in|paid in|received|cr)\b|^\(?\+\)?$|\(\+\)/;
export const DEBIT_COLUMN =
  /\b(?:withdrawals?|withdrawn|debits?|subtractions?|payments?|charges?|checks|fees|money out|paid out|spent|dr)\b|^\(?[-–]\)?$|\([-–]\)/;

/** What a section's heading says of the rows under it. */
export type SectionKind = 'credit' | 'debit' | 'ledger' | 'ignored';

/** Words a section's heading may consist of, beside those that give the sign. */
const SECTION_FILLER =
  /\b(?:and|or|other|electronic|customer|online|mobile|card|cards|visa|mastercard|atm|ach|pos|cash|teller|branch|bill|misc(?:ellaneous)?|account|service|monthly|maintenance|processed|posted|items?|counter|your|bank|regular|direct|paid|presented|numbered|non-numbered|images?|in|out|summary of|list of|listing of|detail of|wires?|incoming|outgoing|internal|zelle|purchases? and|remote|lockbox|merchant|continued|cont|inued|from previous page|on next page|detail|details|transactions?|activity|history|this period|by date|number order|serial|sequence|business|commercial|overdraft|returned?|in check number order|interest|conventionally|electronically|substitute|related|automated|same day|non teller|in your account|to your account|from your account|made|received|sent|banking|pos|international|foreign|transaction|all|with|by|the|of)\b/g;
const SECTION_CREDIT =
  /\b(?:deposits?|additions?|credits?|receipts?|interest (?:paid|earned|credited)|transfers? in)\b/g;
const SECTION_DEBIT =
  /\b(?:withdrawals?|debits?|checks?|cheques?|subtractions?|payments?|purchases?|charges?|fees?|drafts?|deductions?|transfers? out|disbursements?)\b/g;
const LEDGER =
  /^(?:account |transaction |transactions |checking |savings |deposit account )?(?:transactions?|activity|history|ledger|register)(?: (?:account|history|detail|details|activity|list|listing|register|summary by date))?$|^(?:daily|all) (?:account )?(?:activity|transactions)$|^(?:transaction|account|activity) details?$|^(?:deposits|credits|additions)\b.*\b(?:withdrawals|debits|subtractions|checks)$|^(?:withdrawals|debits)\b.*\b(?:deposits|credits)$|\b(?:account|checking|savings|activity|statement)s? summary\b|\bsummary of accounts?\b|\bimportant\b.*\binformation\b|\bdisclosures?$/;
const IGNORED =
  /\b(?:daily|ledger|end(?:ing)? of day|running|average)\b.*\bbalances?\b|^balances?(?: summary| history| by date| detail)?$|^(?:ending )?daily balances?\b|\b(?:overdraft|returned item).*(?:fees?|charges?).*(?:summary|total|year|ytd)|\binterest (?:rate )?(?:summary|information|calculation|details?)\b|\bservice fee summary\b|\breward|\bfee summary\b|\bpending\b|\bhow to balance\b|\breconcil|\bworksheet\b/;

/** The kind of section that a short line without figures opens, or null when the line is no heading. */
export function sectionOf(line: string): SectionKind | null {
  const text = line
    .toLowerCase()
    .replace(/\(?\s*(?:-\s*)?\bcont(?:inued|'d|\.)?\b.*$/, '')
    .replace(/[^a-z\s-]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (text === '' || text.split(' ').length > 9) return null;
  if (IGNORED.test(text)) return 'ignored';
  if (LEDGER.test(text)) return 'ledger';
  const bare = text
    .replace(/\b(?:debit|credit|check) cards?\b/g, 'card')
    .replace(/\breturned (?:deposits?|items?|checks?)\b/g, 'debits');
  const credit = bare.match(SECTION_CREDIT) !== null;
  const debit = bare.match(SECTION_DEBIT) !== null;
  if (!credit && !debit) return null;
  const left = bare
    .replace(SECTION_CREDIT, '')
    .replace(SECTION_DEBIT, '')
    .replace(SECTION_FILLER, '')
    .replace(/[-\s]+/g, '');
  if (left !== '') return null;
  if (credit && debit) return 'ledger';
  return credit ? 'credit' : 'debit';
}

/** A figure of the summary, by its label. */
export const BEGIN_LABEL =
  /\b(?:(?:beginning|opening|starting|begin|previous|prior|start)(?: (?:account|ledger|statement|checking|savings|book))? balance|previous statement balance|balance (?:brought )?forward|balance last statement|last statement balance|balance at (?:the )?(?:beginning|start)|balance as of (?:last|previous) statement)\b/i;
export const END_LABEL =
  /\b(?:(?:ending|closing|end|new|current)(?: (?:account|ledger|statement|checking|savings|book))? balance|balance this statement|this statement balance|balance carried forward|balance at (?:the )?end)\b/i;
/** Rows that state a balance instead of moving money. */
export const MARKER_ROW = new RegExp(`^(?:${BEGIN_LABEL.source}|${END_LABEL.source})`, 'i');
export const TOTAL_ROW = /^(?:sub-?)?totals?\b|^(?:grand|net|page|period|column) totals?\b|\btotals?$|^number of\b/i;
/** Lines that a page carries at its edges; they continue nothing. */
export const FURNITURE =
  /\bpage\s*:?\s*\d+(?:\s*(?:of|\/)\s*\d+)?\b|^\d+\s*(?:of|\/)\s*\d+$|\bmember fdic\b|\bequal housing\b|\bcontinued\b|\(cont|^statement (?:period|date|of)\b|^account (?:number|no)\b|^https?:|\bwww\.|©|\ball rights reserved\b/i;
