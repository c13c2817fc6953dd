/** Rates are whole basis points (ten-thousandths) inside and decimals on the wire: 12 900 is the factor rate 1.29, or 129 %. */
export const RATE_SCALE = 10_000;

/** Divides two non-negative safe integers and rounds halves up. */
export function divideHalfUp(dividend: number, divisor: number): number {
  const quotient = Math.floor(dividend / divisor);
  const rest = dividend - quotient * divisor;
  return rest * 2 >= divisor ? quotient + 1 : quotient;
}

/**
 * An amount in cents times a rate in basis points, rounded half up to the cent.
 * Exact up to a product of 2^53 (an amount of 4 billion dollars at a factor of 2); a larger one is a RangeError.
 */
export function timesRate(amountCents: number, rateBps: number): number {
  const product = amountCents * rateBps;
  if (!Number.isSafeInteger(product) || product < 0) {
    throw new RangeError(`${amountCents} cents times ${rateBps} bps is outside exact integers`);
  }
  return divideHalfUp(product, RATE_SCALE);
}

/** Rounds an amount down to a whole step: `floorTo(123_456, 10_000)` is 120 000. */
export function floorTo(amountCents: number, stepCents: number): number {
  return Math.floor(amountCents / stepCents) * stepCents;
}

/** Basis points as a percentage with two decimals: 7 300 is 73. */
export function bpsToPct(bps: number): number {
  return bps / 100;
}

// Made once: making one takes longer than all that is written with it.
const inDollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

/** Cents in the words of a person: `1234567` is `$12,345.67`. */
export function dollars(amountCents: number): string {
  return inDollars.format(amountCents / 100);
}
