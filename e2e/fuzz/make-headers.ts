import { createHmac } from 'node:crypto';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import type { Random } from '@uw-wizard/testkit/statements/random';
import type { Content } from './make-body.ts';

/** As whom calls are made, and what signs a provider's. */
export type Sender = {
  readonly apiKey: string;
  readonly tenantId: string;
  readonly secrets: { readonly docusign: string; readonly dropboxsign: string };
  /** Names the call among all of its run; makes its Idempotency-Key. */
  readonly name: string;
};

const odd: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ['accept', ['*/*', 'text/html', '', ';q=', 'a'.repeat(5_000)]],
  ['range', ['bytes=0-', 'bytes=5-1', 'bytes=-1', 'bytes=0-99999999999999999999', 'bytes=0-0,1-1', 'lines=1-2']],
  ['if-none-match', ['*', '"x"', 'W/"x", "y"', 'x'.repeat(3_000)]],
  ['if-match', ['*', '"0"', '"999999999999999999999"', '1', 'W/"1"']],
  ['if-modified-since', ['yesterday', 'Thu, 01 Jan 1970 00:00:00 GMT']],
  ['if-range', ['"x"', 'never']],
  ['traceparent', ['00-0-0-0', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, `ff-${'0'.repeat(32)}`]],
  ['tracestate', ['a=b', '='.repeat(600)]],
  ['x-request-id', ['a b', '<b>', 'x'.repeat(200), 'é']],
  ['x-forwarded-for', ['127.0.0.1', 'nowhere', '::1, 10.0.0.1']],
  ['x-uw-identity', ['forged', 'e30.e30.e30']],
  ['cookie', ['uw_session=1', 'a', '=;=;', `uw_session=${'x'.repeat(5_000)}; uw_csrf=y`]],
  ['x-csrf-token', ['', 'x', 'é']],
  ['origin', ['null', 'http://localhost:5173', 'not an origin']],
  ['accept-language', ['xx-yy;q=2', '*']],
  ['content-encoding', ['gzip', 'br', 'identity', 'x, y']],
  ['user-agent', ['', 'é'.repeat(300), 'x'.repeat(6_000)]],
  ['expect', ['100-continue', 'the unexpected']],
  ['connection', ['close', 'keep-alive, x-tenant-id', 'upgrade']],
  ['upgrade', ['websocket', 'h2c']],
  ['te', ['trailers', 'gzip']],
  ['last-event-id', ['1', 'x'.repeat(2_000)]],
];
const keys = ['', 'a b', '"', '""', '"a"', '"a\\b"', 'é', 'x'.repeat(255), 'x'.repeat(256)] as const;
const credentials = [
  '',
  'Bearer',
  'Bearer x',
  'Basic eDp5',
  `Bearer ${'x'.repeat(4_000)}`,
  'Bearer e30.e30.e30',
  'Bearer eyJhbGciOiJub25lIn0.e30.',
] as const;

/** Mostly the headers of a good call, so that most calls get past the door; and odd ones beside them. */
export function makeHeaders(random: Random, route: Route, content: Content | null, sender: Sender): string[] {
  const headers: string[] = [];
  const say = (name: string, value: string) => headers.push(name, value);
  if (random.next() < 0.94) say('authorization', `Bearer ${sender.apiKey}`);
  else if (random.next() < 0.8) say('authorization', random.pick(credentials));
  if (random.next() < 0.97) say('x-tenant-id', sender.tenantId);
  else say('x-tenant-id', random.pick(['', 'other', '__proto__', 'é', '../..']));
  if (random.next() < 0.95) say('idempotency-key', sender.name);
  else say('idempotency-key', random.pick(keys));
  if (content !== null) {
    say('content-type', content.type);
    if (route.allow === 'provider' && random.next() < 0.9) sign(random, content.bytes, sender, say);
  }
  for (let times = random.next() < 0.3 ? random.between(1, 3) : 0; times > 0; times -= 1) {
    const [name, values] = odd[random.between(0, odd.length - 1)] ?? ['accept', ['*/*']];
    const [first, ...rest] = values;
    say(name, random.pick([first, ...rest]));
  }
  return headers;
}

function sign(random: Random, bytes: Buffer, { secrets }: Sender, say: (name: string, value: string) => void): void {
  const mac = (secret: string) => createHmac('sha256', secret).update(bytes);
  if (random.next() < 0.5) say('x-docusign-signature-1', mac(secrets.docusign).digest('base64'));
  else say('x-dropbox-sign-signature', mac(secrets.dropboxsign).digest('hex'));
}
