import { connect } from 'node:net';
import { expect } from 'vitest';

export type RawAnswer = {
  /** All that came back. */
  readonly text: string;
  /** The status lines in it, one for each answer. */
  readonly statuses: number[];
  /** From the first byte sent until the connection was closed. */
  readonly tookMs: number;
};

/** Writes bytes as they are, piece by piece, and reads what comes back until the server closes the connection. */
export function rawCall(baseUrl: string, ...pieces: string[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // A server that has said what it had to say need not take the rest.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
      resolve({ text, statuses, tookMs: performance.now() - startedAt });
    });
    for (const piece of pieces) socket.write(piece, 'latin1');
  });
}

/** The problem document that the one answer in `text` is, after a look at its headers. */
export function problemIn(text: string): Record<string, unknown> {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const headers = Object.fromEntries(head.split('\r\n').map((line) => line.toLowerCase().split(': ', 2)));
  const problem = JSON.parse(body);
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': problem.request_id,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(problem).toMatchObject({
    type: `http://gateway.test/problems/${problem.code}`,
    title: expect.any(String),
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
  });
  return problem;
}
