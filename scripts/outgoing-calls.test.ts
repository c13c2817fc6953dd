import { expect, test } from 'vitest';
import { isNode, nodesOf, readSources, type Source, type SyntaxNode } from './read-sources.ts';

/** Whoever calls out, and where the address stands: in the configuration, which no client writes. None follows a redirect. */
const callers: Record<string, string> = {
  'apps/auth-svc/src/data/oidc-fetch.ts': 'OIDC_ISSUER, OIDC_HOSTS',
  'apps/auth-svc/src/data/oidc-provider.ts': 'OIDC_ISSUER, by the one before',
  'apps/documents-svc/src/data/malware-scanner.ts': 'CLAMD_URL',
  'apps/gateway/src/upstream/ask-whether-alive.ts': '*_SVC_URL',
  'apps/gateway/src/upstream/replica.ts': '*_SVC_URL',
  'apps/gateway/src/upstream/stream-service.ts': '*_SVC_URL',
  'apps/signing-svc/src/data/mock/create-callbacks.ts': 'SIGN_WEBHOOK_URL, only with the mock provider',
  'deploy/src/bucket/command.ts': 'S3_ENDPOINT',
  'packages/shared/src/platform/open-storage.ts': 'S3_ENDPOINT',
  'packages/shared/src/platform/tracing-sdk.ts': 'OTEL_EXPORTER_OTLP_ENDPOINT',
};

const clients: Record<string, RegExp> = {
  'node:http': /^(request|get|Agent)$/,
  'node:https': /./,
  'node:http2': /^connect$/,
  'node:net': /^(connect|createConnection)$/,
  'node:tls': /^connect$/,
  undici: /./,
  'http-proxy-middleware': /./,
  'openid-client': /./,
  '@aws-sdk/client-s3': /^S3Client$/,
  '@opentelemetry/exporter-trace-otlp-proto': /./,
  '@opentelemetry/exporter-trace-otlp-http': /./,
};

const named = (node: unknown) => (isNode(node) && typeof node.name === 'string' ? node.name : '');

function imports({ source, specifiers, importKind }: SyntaxNode): boolean {
  const names = clients[String((source as { value?: unknown } | null)?.value)];
  if (names === undefined || importKind === 'type') return false;
  return (specifiers as SyntaxNode[]).some(
    ({ type, imported, importKind: kind }) =>
      kind !== 'type' && (type !== 'ImportSpecifier' || names.test(named(imported))),
  );
}

/** Whether a source has a client of its own, or calls `fetch`. */
function callsOut(source: Source): boolean {
  return [...nodesOf(source)].some(
    (node) =>
      (node.type === 'ImportDeclaration' && imports(node)) ||
      (node.type === 'CallExpression' && /^(fetch|WebSocket|EventSource)$/.test(named(node.callee))),
  );
}

/** Where browsers are sent: to the provider that the configuration names, and back to a path of ours. */
const redirecting = ['apps/auth-svc/src/http/oidc.routes.ts'];

/** Whether a source sends somebody elsewhere, or lets itself be sent. */
function redirects(source: Source): boolean {
  return [...nodesOf(source)].some(
    ({ type, property, key, callee, arguments: given }) =>
      (type === 'MemberExpression' && named(property) === 'redirect') ||
      (type === 'Property' && /^(redirect|followRedirects|maxRedirects|followRegionRedirects)$/.test(named(key))) ||
      (type === 'CallExpression' && isNode(callee) && setsStatus(callee) && sendsAway((given as SyntaxNode[])[0])),
  );
}

function setsStatus({ property }: SyntaxNode): boolean {
  return /^(status|writeHead|sendStatus)$/.test(named(property));
}

function sendsAway(status: SyntaxNode | undefined): boolean {
  return typeof status?.value === 'number' && [301, 302, 303, 307, 308].includes(status.value);
}

test.each([
  ["import { request } from 'undici';", true],
  ["import { request as ask } from 'node:http';", true],
  ["import * as http from 'node:http';", true],
  ['await fetch(url);', true],
  ["import { createServer, type Server } from 'node:http';", false],
  ["import type { Dispatcher } from 'undici';", false],
  ['await known.fetch(key);', false],
])('the look for those who call out tells what %s is', (text, expected) => {
  expect(callsOut({ path: 'example.ts', text })).toBe(expected);
});

test('whoever calls out is known, with the variable that says where to', () => {
  const found = readSources().filter(callsOut);
  expect(found.map(({ path }) => path)).toEqual(Object.keys(callers));
});

test('nobody is sent elsewhere, but browsers to log in and back, and no call of ours follows a redirect', () => {
  expect(redirects({ path: 'example.ts', text: 'res.redirect(req.query.next);' })).toBe(true);
  expect(redirects({ path: 'example.ts', text: 'proxy({ target, followRedirects: true });' })).toBe(true);
  expect(redirects({ path: 'example.ts', text: 'res.status(302).set({ Location: next });' })).toBe(true);
  expect(redirects({ path: 'example.ts', text: 'res.status(304).end();' })).toBe(false);
  expect(
    readSources()
      .filter(redirects)
      .map(({ path }) => path),
  ).toEqual(redirecting);
});
