/** An invented merchant; the same number gives the same one, another number another one in every way that counts. */
export type InventedMerchant = {
  legalName: string;
  start: Record<string, unknown>;
  answers: Record<string, unknown>;
  recipientEmail: string;
};

const firstWords = [
  'Harbor',
  'Maple',
  'Summit',
  'Cedar',
  'Prairie',
  'Granite',
  'Willow',
  'Canyon',
  'Juniper',
  'Lakeside',
];
const trades = [
  'Bakery',
  'Dental Supply',
  'Print Shop',
  'Garden Center',
  'Coffee Roasters',
  'Bike Repair',
  'Catering',
  'Interiors',
];

// With the hundred numbers 555-0100 to 555-0199 of each, 2,000 merchants share no phone.
const areaCodes = [201, 202, 203, 206, 212, 213, 214, 215, 216, 303, 305, 312, 313, 314, 404, 412, 415, 503, 512, 602];

/** Invents merchant number `seed`. Phone numbers are of the range 555-01xx, which belongs to nobody. */
export function inventMerchant(seed: number): InventedMerchant {
  const word = firstWords[seed % firstWords.length];
  const trade = trades[seed % trades.length];
  const legalName = `${word} ${trade} ${seed} LLC`;
  const email = `owner${seed}@example.com`;
  const area = areaCodes[Math.floor(seed / 100) % areaCodes.length];
  const phone = `+1${area}555${String(100 + (seed % 100)).padStart(4, '0')}`;
  // 12 is one of the prefixes that the IRS gives out.
  const ein = `12-${String(1_000_000 + (seed % 9_000_000))}`;
  return {
    legalName,
    start: { legal_name: legalName, ein, state: 'NY' },
    answers: {
      entity_type: 'llc',
      business_start_date: '2019-03-01',
      industry_naics: '722515',
      phone,
      email,
      requested_amount_cents: 50_000_00,
      use_of_funds: 'New equipment',
      stated_monthly_revenue_cents: 60_000_00,
      owner_name: `Alex Owner${seed}`,
      owner_email: email,
      owner_phone: phone,
      ownership_pct: 100,
    },
    recipientEmail: email,
  };
}
