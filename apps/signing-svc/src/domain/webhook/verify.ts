import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `given` is exactly `expected`, in a time that depends on neither's content. Lengths are compared first, because
 * the comparison itself throws on unequal ones; a character outside of ASCII makes a text unequal.
 */
export function isSameText(given: string, expected: string): boolean {
  const one = Buffer.from(given, 'utf8');
  const other = Buffer.from(expected, 'utf8');
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * DocuSign Connect: one of the `X-DocuSign-Signature-n` headers is the base64 HMAC-SHA256 of the raw body with one of the
 * keys (their UTF-8 text, not base64-decoded).
 * https://developers.docusign.com/docs/platform/webhooks/connect/validate
 */
export function isSignedByDocusign(body: Buffer, signatures: readonly string[], keys: readonly string[]): boolean {
  return some(keys, (key) => {
    const expected = createHmac('sha256', key).update(body).digest('base64');
    return some(signatures, (signature) => isSameText(signature, expected));
  });
}

/**
 * Dropbox Sign: `event_hash` is the hex HMAC-SHA256 of `event_time` followed by `event_type` with one of the API keys. It
 * covers nothing else of the event.
 * https://developers.hellosign.com/docs/events/overview/
 */
export function isSignedByDropboxSign(
  event: { eventTime: string; eventType: string; eventHash: string },
  keys: readonly string[],
): boolean {
  return some(keys, (key) => {
    const expected = createHmac('sha256', key).update(`${event.eventTime}${event.eventType}`).digest('hex');
    return isSameText(event.eventHash, expected);
  });
}

/** The normalised form: the hex HMAC-SHA256 of the raw body, with or without spaces around it, with one of the keys. */
export function isSignedNormalised(body: Buffer, signature: string, keys: readonly string[]): boolean {
  const given = signature.trim().toLowerCase();
  return some([body, withoutOuterSpaces(body)], (bytes) =>
    some(keys, (key) => isSameText(given, createHmac('sha256', key).update(bytes).digest('hex'))),
  );
}

/** `some` that looks at every item, so that the time taken does not tell which one matched. */
function some<T>(items: readonly T[], matches: (item: T) => boolean): boolean {
  return items.reduce((found, item) => matches(item) || found, false);
}

function withoutOuterSpaces(body: Buffer): Buffer {
  const isSpace = (byte: number | undefined) => byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
  let start = 0;
  let end = body.length;
  while (start < end && isSpace(body[start])) start += 1;
  while (end > start && isSpace(body[end - 1])) end -= 1;
  return body.subarray(start, end);
}
