import type { RestrictedIndustry } from './industry.ts';

/**
 * Lines of business that funders as a rule do not advance to. The list follows published funder rules (cannabis, CBD,
 * gambling, firearms, adult, check cashing, bail bonds, crypto, money services); the codes are those of NAICS 2022 and,
 * where they changed, of 2017. An industry without a code of its own is known by words alone.
 */
export const RESTRICTED_INDUSTRIES: readonly RestrictedIndustry[] = [
  {
    name: 'cannabis and CBD',
    naicsPrefixes: [],
    keywords: ['cannabis', 'marijuana', 'dispensary', 'cbd', 'hemp'],
  },
  {
    name: 'gambling',
    // 7132 gambling industries; 721120 casino hotels.
    naicsPrefixes: ['7132', '721120'],
    keywords: ['casino', 'gambling', 'betting', 'sportsbook', 'sweepstakes'],
  },
  {
    name: 'firearms',
    // Small arms ammunition, ammunition, small arms and ordnance manufacturing.
    naicsPrefixes: ['332992', '332993', '332994'],
    keywords: ['firearm', 'firearms', 'guns', 'gun shop', 'ammunition'],
  },
  {
    name: 'adult entertainment',
    naicsPrefixes: [],
    keywords: ['escort', 'escorts', 'strip club', 'gentlemens club', 'adult entertainment'],
  },
  {
    name: 'money services',
    // 522390 other credit intermediation (check cashing, money transmission); 522291 consumer lending (payday loans).
    naicsPrefixes: ['522390', '522291'],
    keywords: ['check cashing', 'money transfer', 'payday loan', 'payday loans', 'money services'],
  },
  {
    name: 'pawn shops',
    // 522298 in NAICS 2017.
    naicsPrefixes: ['522298'],
    keywords: ['pawn', 'pawn shop', 'pawnbroker', 'pawnbrokers'],
  },
  { name: 'bail bonds', naicsPrefixes: [], keywords: ['bail bond', 'bail bonds'] },
  {
    name: 'cryptocurrency',
    naicsPrefixes: [],
    keywords: ['crypto', 'cryptocurrency', 'bitcoin', 'bitcoin atm'],
  },
];
