import { DomainError } from '@uw-wizard/shared/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { footer, maskNumber, measure, movesOn, toE164, withFooter } from './message.ts';

test('a number is understood in the forms people write it, and kept in E.164', () => {
  for (const phone of ['+12125550123', '(212) 555-0123', '212.555.0123', '1 212 555 0123'])
    expect(toE164(phone)).toBe('+12125550123');
});

test.each(['', '123', '+1', '+1999', 'STOP', '+120255501234567', '+1 000 000 0000', `+1${'2'.repeat(100)}`])(
  '"%s" is no phone number',
  (phone) => {
    expect(() => toE164(phone)).toThrow(DomainError);
  },
);

test('every text ends with the opt-out footer, exactly once', () => {
  fc.assert(
    fc.property(fc.string(), (body) => {
      const sent = withFooter(body);
      expect(sent.endsWith(footer)).toBe(true);
      expect(withFooter(sent)).toBe(sent);
    }),
  );
});

test('one character outside the GSM alphabet makes the whole text UCS-2', () => {
  expect(measure('a'.repeat(160))).toEqual({ segments: 1, encoding: 'GSM-7' });
  expect(measure('a'.repeat(161))).toEqual({ segments: 2, encoding: 'GSM-7' });
  expect(measure('[]{}'.repeat(20))).toEqual({ segments: 1, encoding: 'GSM-7' });
  expect(measure(`${'a'.repeat(70)}“`)).toEqual({ segments: 2, encoding: 'UCS-2' });
});

test('the footer alone does not cost the cheaper alphabet', () => {
  expect(measure(withFooter('Hello')).encoding).toBe('GSM-7');
});

test('a masked number cannot be called', () => {
  expect(maskNumber('+12125550123')).toBe('+1******0123');
});

test('a late "sent" does not undo a "delivered", and the first final report stays', () => {
  expect(movesOn('intent', 'sent')).toBe(true);
  expect(movesOn('sent', 'delivered')).toBe(true);
  expect(movesOn('delivered', 'sent')).toBe(false);
  expect(movesOn('delivered', 'failed')).toBe(false);
  expect(movesOn('failed', 'delivered')).toBe(false);
});
