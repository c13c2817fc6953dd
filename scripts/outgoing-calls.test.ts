import { expect, test } from 'vitest';
import { isNode, nodesOf, readSources, type Source, type SyntaxNode } from './read-sources.ts';

/** Whoever calls out, and where the address stands: in the configuration, which no client writes. None follows a redirect. */
const callers: Record<string, string> = {
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

/** Whether a source sends somebody elsewhere, or lets itself be sent. */
function redirects(source: Source): boolean {
  return [...nodesOf(source)].some(
    ({ type, property, key }) =>
      (type === 'MemberExpression' && named(property) === 'redirect') ||
      (type === 'Property' && /^(redirect|followRedirects|maxRedirects|followRegionRedirects)$/.test(named(key))),
  );
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

test('nobody is sent elsewhere: no answer of ours is a redirect, and no call follows one', () => {
  expect(redirects({ path: 'example.ts', text: 'res.redirect(req.query.next);' })).toBe(true);
  expect(redirects({ path: 'example.ts', text: 'proxy({ target, followRedirects: true });' })).toBe(true);
  expect(readSources().filter(redirects)).toEqual([]);
});
