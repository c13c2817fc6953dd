import { describe, expect, test } from 'vitest';
import { categorise } from './categorise.ts';

describe('Money that came in', () => {
  test.each([
    ['STRIPE TRANSFER ST-A1B2C3 PAYOUT', 'revenue'],
    ['MOBILE DEPOSIT REF 82231', 'revenue'],
    ['WIRE TYPE:WIRE IN ORIG:ACME CORP', 'revenue'],
    ['SHIFT4 FUNDING 8821', 'revenue'],
    ['ZELLE FROM JOHN DOE', 'revenue'],
    ['ONLINE TRANSFER FROM CHK ****4821', 'transfer'],
    ['SWEEP FROM MMA 112', 'transfer'],
    ['SBA LOAN PROCEEDS DISBURSEMENT 5512', 'funding'],
    ['ONDECK CAPITAL ACH CREDIT', 'funding'],
    ['SQUARE CAPITAL ADVANCE', 'funding'],
    ['AMAZON REFUND 112-99', 'refund'],
    ['STRIPE REFUND REVERSAL', 'returned'],
    ['RETURNED ITEM ACH POWER CO', 'returned'],
    ['REVERSAL NSF FEE', 'returned'],
    ['INTEREST PAYMENT', 'interest'],
    ['OWNER CONTRIBUTION M ROSSI', 'owner'],
    ['MEMBER CAPITAL CONTRIBUTION', 'owner'],
  ])('%s is %s', (description, category) => {
    expect(categorise({ description, amountCents: 100 })).toBe(category);
  });
});

describe('Money that went out', () => {
  test.each([
    ['NSF RETURNED ITEM FEE ITEM 1', 'nsf'],
    ['OVERDRAFT FEE', 'nsf'],
    ['COURTESY PAY FEE', 'nsf'],
    ['DEPOSITED ITEM RETURNED', 'returned'],
    ['ONDECK CAPITAL ACH DEBIT 11', 'funder_payment'],
    ['FUNDBOX INC PMT', 'funder_payment'],
    ['ONLINE TRANSFER TO SAV ****9921', 'transfer'],
    ['WIRE TRANSFER FEE', 'fee'],
    ['MONTHLY SERVICE FEE', 'fee'],
    ['PEARL STREET CAFE', 'expense'],
    ["MULLIGAN'S PUB", 'expense'],
    ['CREDIBLYX SUPPLIES', 'expense'],
  ])('%s is %s', (description, category) => {
    expect(categorise({ description, amountCents: -100 })).toBe(category);
  });
});
