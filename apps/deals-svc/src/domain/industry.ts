import { foldText } from './names.ts';

/** A line of business by the digits its NAICS code begins with, or by whole words in a merchant's name, as `foldText` gives them. */
export type RestrictedIndustry = { name: string; naicsPrefixes: readonly string[]; keywords: readonly string[] };

/** What is known about a merchant's line of business. */
export type IndustryFacts = { industryNaics: string | null; legalName: string; dba: string | null };

/** The first industry of the list that a merchant is in, and what gave it away; `null` when it is in none. */
export function findRestrictedIndustry(
  list: readonly RestrictedIndustry[],
  merchant: IndustryFacts,
): { industry: string; because: string } | null {
  const names = ` ${foldText(`${merchant.legalName} ${merchant.dba ?? ''}`)} `;
  const { industryNaics } = merchant;
  for (const { name, naicsPrefixes, keywords } of list) {
    const prefix = naicsPrefixes.find((digits) => industryNaics?.startsWith(digits));
    if (prefix !== undefined) return { industry: name, because: `NAICS ${industryNaics}` };
    const keyword = keywords.find((word) => names.includes(` ${word} `));
    if (keyword !== undefined) return { industry: name, because: `"${keyword}" in its name` };
  }
  return null;
}
