import type { IncomingMessage } from 'node:http';

/**
 * Whether a request's length and host can be read in one way only (RFC 9112, sections 3.2 and 6.1). Two lengths, a length
 * beside a transfer coding, folded lines and the like Node's parser has refused by then; it lets through what is looked at
 * here: codings besides "chunked", chunks of an HTTP/1.0 client, no host or several, and HTTP/0.9, which has no head at all.
 */
export function isWellFormed({ httpVersion, headers, rawHeaders }: IncomingMessage): boolean {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return false;
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) return false;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}
