import type { Route } from '@uw-wizard/shared/contracts/routes';
import type { Random } from '@uw-wizard/testkit/statements/random';
import { badText } from './bad-values.ts';
import { makeBody } from './make-body.ts';
import { makeHeaders, type Sender } from './make-headers.ts';
import { idFor, type Stock, sampleOf } from './samples.ts';

/** One call as it goes out. */
export type FuzzCall = {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names and values by turns; a name may come twice. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
};

const otherMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'] as const;

/** A call of `route` with something wrong about it, or nothing: whatever `random` says. The same random, the same call. */
export function makeCall(random: Random, route: Route, sender: Sender & { stock: Stock }): FuzzCall {
  const [first, ...rest] = sender.stock.deals;
  const deal = random.pick([first, ...rest]);
  const sample = sampleOf(route, sender.stock, deal);
  const method = random.next() < 0.04 ? random.pick(otherMethods) : route.method;
  const path = makePath(random, route.path, idFor(route.path, sender.stock, deal));
  const query = makeQuery(random, sample.query ?? {});
  const content = makeBody(random, route, sample.json);
  return {
    method,
    target: query === '' ? path : `${path}?${query}`,
    headers: makeHeaders(random, route, content, sender),
    body: content?.bytes ?? null,
  };
}

function makePath(random: Random, pattern: string, id: string): string {
  return pattern.replace(/:[a-z_]+/g, () => {
    if (random.next() < 0.6) return id;
    return random.pick([
      encode(badText(random).slice(0, 2_000)) || 'x',
      id.toUpperCase(),
      `${id}%00`,
      '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '..',
      '%E0%A4%A',
      'x'.repeat(4_000),
      '00000000-0000-0000-0000-000000000000',
    ]);
  });
}

function makeQuery(random: Random, good: Readonly<Record<string, string>>): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(good)) {
    const what = random.next();
    if (what < 0.08) continue;
    pairs.push(`${name}=${what < 0.6 ? encode(value) : badQueryValue(random)}`);
    if (what > 0.9) pairs.push(`${name}=${random.next() < 0.5 ? encode(value) : badQueryValue(random)}`);
  }
  if (random.next() < 0.15) {
    const names = [
      '__proto__',
      'constructor[prototype]',
      'deal_id[]',
      'deal_id[a]',
      'limit',
      encode(badText(random)),
    ] as const;
    pairs.push(`${random.pick(names)}=${badQueryValue(random)}`);
  }
  return pairs.join('&');
}

function badQueryValue(random: Random): string {
  if (random.next() < 0.2) return random.pick(['%', '%zz', '%E0%A4%A', '%00', '+', '&&', '=', '%F0%9F', 'a%0d%0ab']);
  return encode(badText(random).slice(0, 3_000));
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
