import type { Category } from './model.ts';

/** A rule names the category of rows whose description matches. The first rule of a side that fits wins; `unlessSale` gives way to SALES. */
export type Rule = { category: Category; pattern: RegExp; unlessSale?: true };

/** Money that came in. What no rule names is true revenue. */
export const CREDIT_RULES: Rule[] = [
  {
    category: 'returned',
    pattern:
      /\b(?:returned?|rtn|ret|reversed|reversal|rev|chargeback reversal|rejected|stop(?:ped)? payment|nsf|insufficient)\b(?!.*\bdeposit\b.*\bmerchant\b)/i,
  },
  {
    category: 'refund',
    pattern:
      /\b(?:refund(?:ed|s)?|rebate|cash ?back|adjustment|fee (?:waiver|credit)|credit adj|courtesy credit|tax ref|irs treas 310)\b/i,
  },
  {
    category: 'owner',
    pattern:
      /\bowner(?:'?s|s')?\b|\b(?:member|partner|shareholder|capital|stockholder)(?:'?s|s')? (?:contribution|deposit|loan|investment)\b|\bequity (?:contribution|investment|injection)\b|\bcapital injection\b|\bpersonal (?:funds|check|deposit|loan)\b/i,
  },
  {
    category: 'funding',
    pattern:
      /\b(?:loans?|lending|lendistry|proceeds|line of credit|loc (?:adv(?:ance)?|draw)|sba|sbad|eidl|ppp|credit line|draw ?down|factoring|cash advance|loan advance|merchant cash|mca|capital(?! one))\b|\badvance(?! auto\b)\b/i,
  },
  { category: 'funding', pattern: /\b(?:funding|financing|disbursement|disb)\b/i, unlessSale: true },
  {
    category: 'interest',
    pattern:
      /\b(?:interest (?:paid|payment|earned|credit|deposit)|int(?:erest)? (?:pmt|paid)|dividend|apy earned|credit interest)\b|^interest\b/i,
  },
  {
    category: 'transfer',
    pattern:
      /\b(?:online|internal|automatic|auto|mobile|book|account|acct|sweep|telephone|phone|branch|overdraft|od|scheduled|recurring|banking|web|own|inst(?:ant)?) (?:xfer|trnsfr|transf(?:er)?)\b|(?<!wire )\b(?:transfer|xfer|trnsfr|tfr) (?:from|fr|frm|in)\b|\b(?:from|fr) (?:chk|checking|sav|savings|acct|account|mma|money market|dda)\b|\bsweep\b|\bzero balance\b|\bzba\b|\boverdraft protection\b|\bod protection\b|^(?:transfer|xfer)\b/i,
    unlessSale: true,
  },
];

/** Money that went out. What no rule names is an expense. */
export const DEBIT_RULES: Rule[] = [
  {
    category: 'nsf',
    pattern:
      /\b(?:nsf|insufficient funds?|non-?sufficient|overdraft (?:item |paid )?(?:fee|charge|item)|od (?:fee|item fee|charge)|o\/d (?:fee|charge)|overdraft fees?|courtesy pay(?:ment)? fee|paid item fee|returned item (?:fee|charge)|return(?:ed)? (?:check|ach|item) (?:fee|charge)|uncollected funds? fee|extended overdraft)\b/i,
  },
  {
    category: 'fee',
    pattern:
      /\b(?:service (?:fee|charge)|monthly (?:fee|maintenance|service)|maintenance fee|wire (?:transfer )?fee|analysis (?:fee|charge)|bank fee|atm fee|account analysis)\b/i,
  },
  {
    category: 'returned',
    pattern: /\b(?:returned|return|rtn|ret|reversal|chargeback|charge back|deposited item|rejected)\b/i,
  },
  {
    category: 'transfer',
    pattern: /\b(?:transfer|xfer|trnsfr|tfr)\b|\bto (?:chk|checking|sav|savings|acct|mma)\b|\bsweep\b/i,
  },
  { category: 'owner', pattern: /\b(?:owner(?:'?s)? draw|member draw|shareholder|distribution)\b/i },
];

/** Payment processors' payouts say "transfer" and are sales all the same; so are customers' payments that came by wire or Zelle. */
export const SALES =
  /\b(?:stripe|square|sq \*|paypal|shopify|toast|clover|worldpay|fiserv|first data|global pay(?:ments)?|heartland|elavon|shift4|paymentech|tsys|nuvei|cardconnect|adyen|braintree|authnet|bankcard|merchant (?:services?|dep(?:osit)?|bnkcd)|merch (?:dep|bnkcd)|payout|settlement|card (?:sales|settlement)|doordash|uber ?eats|grubhub|amazon (?:mktp|mktpl|seller|payments)|etsy|ebay|intuit|quickbooks|bill\.com|melio|amex (?:settlement|deposit)|american express (?:settlement|axp)|discover (?:network|settlement)|customer (?:payment|deposit)|invoice|sales)\b/i;
