import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { authEvents } from '../src/contracts/auth.ts';
import { eventCatalogue } from '../src/contracts/catalogue.ts';
import { dealsEvents } from '../src/contracts/deals.ts';
import { documentsEvents } from '../src/contracts/documents.ts';
import { publishers } from '../src/contracts/event.ts';
import { may, permissionsOf, roles } from '../src/contracts/permissions.ts';
import { routes } from '../src/contracts/routes.ts';
import { signingEvents } from '../src/contracts/signing.ts';
import { smsEvents } from '../src/contracts/sms.ts';
import { DomainError } from '../src/errors.ts';

const lists = {
  'auth-svc': authEvents,
  'deals-svc': dealsEvents,
  'documents-svc': documentsEvents,
  'signing-svc': signingEvents,
  'sms-svc': smsEvents,
};

test('every event has a name of its own, and belongs to the publisher whose file it stands in', () => {
  const events = Object.values(lists).flat();
  expect(eventCatalogue.size).toBe(events.length);
  expect(Object.keys(lists).toSorted()).toEqual([...publishers].toSorted());
  for (const [publisher, list] of Object.entries(lists)) {
    for (const event of list) {
      expect(event.publisher, event.type).toBe(publisher);
      expect(event.type).toMatch(/^[a-z]+\.[a-z_]+$/);
      expect(event.version).toBeGreaterThanOrEqual(1);
    }
  }
});

test('every service can tell people that something is wrong', () => {
  for (const [publisher, list] of Object.entries(lists)) {
    const names: string[] = list.map(({ type }) => type);
    expect(
      names.some((type) => type.endsWith('.alerted') || type === 'alert.raised'),
      publisher,
    ).toBe(true);
  }
});

test('no event has room for personal data', () => {
  const personal = /^(ssn|ein|email|phone|owner_.*|password|token|body|text|account_.*)$/;
  for (const event of eventCatalogue.values()) {
    expect(
      Object.keys(event.data.shape).filter((name) => personal.test(name)),
      event.type,
    ).toEqual([]);
  }
});

test('every call stands in the table once, and whoever repeats a POST under /api needs a key, but for sign-in and webhooks', () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(names).size).toBe(names.length);
  for (const route of routes) {
    if (route.method !== 'POST' || !route.path.startsWith('/api/')) continue;
    const open = route.path.startsWith('/api/auth/') || route.allow === 'provider';
    expect(route.idempotency, route.path).toBe(open ? 'none' : 'required');
    expect(route.tenant, route.path).toBe(open ? 'optional' : 'required');
  }
});

test('who may do what: an analyst works deals, a reviewer also decides, an admin also runs the house', () => {
  const table = {
    'deals.write': 'ARN',
    'deals.review': 'AR',
    'signature.force': 'AR',
    'deals.delete': 'A',
    'users.manage': 'A',
  } as const;
  const letters = { A: 'admin', R: 'reviewer', N: 'analyst' } as const;
  for (const [permission, allowed] of Object.entries(table)) {
    for (const [letter, role] of Object.entries(letters)) {
      expect(may(role as (typeof roles)[number], permission as keyof typeof table), `${role} ${permission}`).toBe(
        allowed.includes(letter),
      );
    }
  }
  expect(permissionsOf.reviewer).toEqual(expect.arrayContaining([...permissionsOf.analyst]));
  expect(permissionsOf.admin).toEqual(expect.arrayContaining([...permissionsOf.reviewer]));
  expect(roles.every((role) => new Set(permissionsOf[role]).size === permissionsOf[role].length)).toBe(true);
});

test.each([
  ['tables.sql', '00000000000001_platform'],
  ['tables-2.sql', '00000000000004_outbox_and_letters'],
  ['tables-3.sql', '20261128173000_tenants_apart'],
  ['tables-4.sql', '20261128213000_erased_merchants'],
])("every service's database has the platform's %s, letter by letter", (file, name) => {
  const apps = new URL('../../../apps/', import.meta.url);
  const tables = readFileSync(new URL(`../src/platform/${file}`, import.meta.url), 'utf8');
  const services = readdirSync(apps).filter((name) => existsSync(new URL(`${name}/prisma/migrations/`, apps)));
  expect(services).toContain('deals-svc');
  for (const service of services) {
    const migration = new URL(`${service}/prisma/migrations/${name}/migration.sql`, apps);
    expect(readFileSync(migration, 'utf8'), service).toBe(tables);
  }
});

test('a refused rule keeps its cause for the log and its words for the caller', () => {
  const cause = new Error('row locked');
  const kind = { code: 'x', status: 409, title: 'X' };
  const error = new DomainError(kind, 'Try later.', { cause, retryAfterSeconds: 2, extensions: { a: 1 } });
  expect(error).toMatchObject({
    name: 'DomainError',
    message: 'Try later.',
    kind,
    cause,
    retryAfterSeconds: 2,
    extensions: { a: 1 },
  });
});
