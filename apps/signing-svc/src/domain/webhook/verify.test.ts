import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSameText, isSignedByDocusign, isSignedByDropboxSign, isSignedNormalised } from './verify.ts';

/** Dropbox Sign's public example key, and its published events: type, time, hash, and in how many forms they are published. */
const exampleKey = '324e3b0840f065eb51f3fd63231d0d33daa35d4ed10d27718839e81737065782';
const published = [
  ['account_confirmed', '1669926463', 'ff8b03439122f9160500c3fb855bdee5a9ccba5fff27d3b258745d8f3074832f', 1],
  ['unknown_error', '1348177752', 'c574f5d3090c2936360b4e36cf6835cf3e2206b84fdc6347e6b28ca721ae1371', 3],
  ['account_confirmed', '1348177752', '6dc5b7aad93cf54915e0089d6c31d61b3833f66f51459171c69f8fa211308848', 3],
  ['signature_request_sent', '1348177752', '08d45a6b7677492b78be030cef18cfeaece8fe67e163cc8e526ee638ad483756', 3],
  ['template_created', '1348177752', '4a9b22fa68d5addb8b6313eea9d42ecb393903a4240b71503ef78e9dac6c100d', 3],
] as const;
const events = published.flatMap(([eventType, eventTime, eventHash, forms]) =>
  Array.from({ length: forms }, () => ({ eventType, eventTime, eventHash })),
);

describe('Dropbox Sign', () => {
  test('all 13 published events verify with the published key, and none with that key reversed', () => {
    expect(events).toHaveLength(13);
    const reversed = [...exampleKey].reverse().join('');
    for (const event of events) {
      expect(isSignedByDropboxSign(event, [exampleKey])).toBe(true);
      expect(isSignedByDropboxSign(event, ['a newer key', exampleKey])).toBe(true);
      expect(isSignedByDropboxSign(event, [reversed])).toBe(false);
      expect(isSignedByDropboxSign(event, [])).toBe(false);
    }
  });

  test('a hash does not verify for another time or type, nor when it is cut or padded', () => {
    for (const event of events) {
      const wrong = [
        { ...event, eventTime: '1348177753' },
        { ...event, eventType: 'signature_request_all_signed' },
        { ...event, eventHash: event.eventHash.slice(0, -1) },
        { ...event, eventHash: `${event.eventHash}0` },
        { ...event, eventHash: '' },
      ];
      for (const bad of wrong) expect(isSignedByDropboxSign(bad, [exampleKey])).toBe(false);
    }
  });
});

describe('DocuSign Connect', () => {
  const key = 'test_hmac_key';
  const body = Buffer.from(
    '{"event":"envelope-completed","apiVersion":"v2.1","data":{"accountId":"a","envelopeId":"e"}}',
  );
  const signature = 'tP1SaWve1kAr/3zmsNX1jLWv6L4DZaTv3GDffnIEd1A=';

  test('a body verifies with any of its signatures and any of our keys', () => {
    expect(isSignedByDocusign(body, [signature], [key])).toBe(true);
    expect(isSignedByDocusign(body, ['of another key', signature], ['an older key', key])).toBe(true);
  });

  test.each([
    ['no signature', []],
    ['an empty one', ['']],
    ['a cut one', [signature.slice(0, -2)]],
    ['one with a character outside of ASCII', [`${signature.slice(0, -1)}é`]],
    ['the right bytes in hex', [Buffer.from(signature, 'base64').toString('hex')]],
    ['the right bytes in another spelling of base64', [signature.replace('1A=', '1B=')]],
  ])('%s verifies nothing', (_name, signatures) => {
    expect(isSignedByDocusign(body, signatures, [key])).toBe(false);
  });

  test('no key verifies nothing, and a changed body is not what was signed', () => {
    expect(isSignedByDocusign(body, [signature], [])).toBe(false);
    expect(isSignedByDocusign(Buffer.concat([body, Buffer.from('\n')]), [signature], [key])).toBe(false);
  });
});

describe('the normalised form', () => {
  const key = 'a key';
  const hex = (text: string) => createHmac('sha256', key).update(text).digest('hex');

  test('spaces around the body do not matter, spaces in it do', () => {
    const text = '{"deal_id": "x"}';
    expect(isSignedNormalised(Buffer.from(`\n  ${text}\r\n`), hex(text), [key])).toBe(true);
    expect(isSignedNormalised(Buffer.from(`${text}\n`), hex(`${text}\n`), [key])).toBe(true);
    expect(isSignedNormalised(Buffer.from('{"deal_id":"x"}'), hex(text), [key])).toBe(false);
  });

  test('only the right signature verifies, whatever else is sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (text, guess) => {
        fc.pre(guess.trim().toLowerCase() !== hex(text) && guess.trim().toLowerCase() !== hex(text.trim()));
        expect(isSignedNormalised(Buffer.from(text), guess, [key])).toBe(false);
        expect(isSignedNormalised(Buffer.from(text), hex(text), [key])).toBe(true);
        expect(isSignedNormalised(Buffer.from(text), hex(text), [])).toBe(false);
      }),
    );
  });
});

test('texts of different lengths and alphabets are compared without failing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      expect(isSameText(one, other)).toBe(Buffer.from(one).equals(Buffer.from(other)));
    }),
  );
});
