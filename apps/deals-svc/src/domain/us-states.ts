/** The fifty states, the District of Columbia and the five inhabited territories, by USPS code. */
const US_STATES: ReadonlySet<string> = new Set(
  (
    'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR ' +
    'PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI'
  ).split(' '),
);

/** The two capital letters of a state or territory, or `null` when there is no such one. */
export function parseState(text: string): string | null {
  const code = text.trim().toUpperCase();
  return US_STATES.has(code) ? code : null;
}
