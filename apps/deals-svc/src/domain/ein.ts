/** Ranges of the first two digits that the IRS has assigned (irs.gov, "How EINs are assigned and valid EIN prefixes"). */
const ASSIGNED_PREFIXES: readonly (readonly [number, number])[] = [
  [1, 6],
  [10, 16],
  [20, 27],
  [30, 48],
  [50, 68],
  [71, 77],
  [80, 88],
  [90, 95],
  [98, 99],
];

/** An EIN as `12-3456789`, read with or without its dash; `null` when it is not nine digits or its prefix was never assigned. */
export function parseEin(text: string): string | null {
  const digits = /^(\d{2})-?(\d{7})$/.exec(text.trim());
  if (digits === null) return null;
  const prefix = Number(digits[1]);
  if (!ASSIGNED_PREFIXES.some(([first, last]) => prefix >= first && prefix <= last)) return null;
  return `${digits[1]}-${digits[2]}`;
}
