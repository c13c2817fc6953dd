import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import { mask, maskText } from './mask.ts';

describe('what looks like a secret or like personal data is masked in a sentence', () => {
  test.each([
    ['an e-mail address', 'no user pat.o-neil+x@mail.example.com here', 'no user [masked] here'],
    ['an e-mail address in a URL', 'GET /api/users?q=pat%40example.com&limit=1', 'GET /api/users?q=[masked]&limit=1'],
    ['an SSN', 'SSN 123-45-6789.', 'SSN [masked].'],
    ['an SSN in one run', 'ssn=123456789', 'ssn=[masked]'],
    ['an EIN', 'Key (ein)=(12-3456789) already exists', 'Key (ein)=([masked]) already exists'],
    ['a phone number', 'text to +12125550100 failed', 'text to [masked] failed'],
    ['a phone number in pairs', 'call +1 21 25 55 01 00', 'call [masked]'],
    ['a phone number as people write it', 'call (212) 555-0100 or 212.555.0100', 'call [masked] or [masked]'],
    ['an account number', 'account 000123456789 closed', 'account [masked] closed'],
    ['a JWT', 'token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln is old', 'token [masked] is old'],
    ['a bearer token', 'Authorization: Bearer uwk_abc.def', 'Authorization: Bearer [masked]'],
    ['a password with its name', '{"password":"hunter2","n":1}', '{"password":"[masked]","n":1}'],
    ['a secret in a query', 'api_key=abc&x=1', 'api_key=[masked]&x=1'],
    [
      'the password in a URL',
      'connect nats://deals:s3cret@bus.local:4222',
      'connect nats://deals:[masked]@bus.local:4222',
    ],
  ])('%s', (_, text, expected) => {
    expect(maskText(text)).toBe(expected);
  });
});

test('ids, hashes, times and addresses of servers stay, for a log without them helps nobody', () => {
  const ids = fc.oneof(
    fc.uuid(),
    fc.constantFrom(
      uuidv7(),
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      '00000000-0000-7000-8000-000000000001',
    ),
    fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `sha256:${Buffer.from(bytes).toString('hex')}`),
    fc.integer({ min: 0, max: 99_999_999 }).map((cents) => `${cents} cents`),
    fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value.toFixed(12)),
    fc.ipV4().map((address) => `connect ECONNREFUSED ${address}:4222`),
  );
  fc.assert(
    fc.property(ids, (id) => {
      expect(maskText(`deal ${id} moved`)).toBe(`deal ${id} moved`);
    }),
  );
});

test('members that tell of a person or open a door are masked at any depth, in lists too', () => {
  const secret = 'zzz';
  const names = ['owner_email', 'recipientEmail', 'ssn_last4', 'set-cookie', 'X-API-Key', 'accountNumber', 'to'];
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...names).map((name) => ({ [name]: { inside: [secret] } })),
      fc.dictionary(fc.constantFrom('a', 'b', 'merchant', 'body'), tie('node'), { maxKeys: 3 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  })).node;
  fc.assert(
    fc.property(tree, (value) => {
      expect(JSON.stringify(mask(value))).not.toContain(secret);
    }),
  );
  expect(mask({ to: null, protein: 'x', amount_cents: 123_456_789_012, at: new Date(0) })).toEqual({
    to: null,
    protein: 'x',
    amount_cents: 123_456_789_012,
    at: new Date(0),
  });
});

test('bytes are counted and not written, and what is endless has an end', () => {
  const endless: Record<string, unknown> = { body: Buffer.from('pat@example.com') };
  endless.self = endless;
  const text = JSON.stringify(mask(endless));
  expect(text).toContain('[15 bytes]');
  expect(text).toContain('[deep]');
  expect(maskText('x'.repeat(1_000_000)).length).toBeLessThan(20_000);
});

test.each([['a'], ['1'], ['a@'], ['a@b.'], ['1-'], ['password='], ['x:']])(
  'a long text made of %j costs no more than a short one',
  (part) => {
    const begun = process.cpuUsage();
    maskText(part.repeat(400_000 / part.length));
    const { user } = process.cpuUsage(begun);
    expect(user).toBeLessThan(500_000);
  },
);
