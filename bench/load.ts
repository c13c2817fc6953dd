import { percentile } from '@uw-wizard/e2e/flow/many-flows';
import { Client } from 'undici';

/** Where calls go, and what they say of the caller: one of `headers` after the other, made before the first call. */
export type Aim = { baseUrl: string; path: string; headers: () => readonly Record<string, string>[] };

/** What one load measured: times in milliseconds, and answers per second. */
export type Measured = { p50Ms: number; p99Ms: number; perSecond: number };

/**
 * How to call: `one` connection, one call after another; a `rate` of 200 calls a second, evenly, each timed from the moment
 * it was due, so that a stall shows in all it delays; or `crowd`, 32 connections that never rest.
 */
export type LoadKind = 'one' | 'rate' | 'crowd';

const callsPerSecond = 200;
const rateConnections = 16;
const crowdConnections = 32;

/** Calls `aim` for `lastsMs`. Every answer is read to its end; one that is not 200 ends the measurement with its text. */
export async function load(kind: LoadKind, aim: Aim, lastsMs: number): Promise<Measured> {
  const connections = { one: 1, rate: rateConnections, crowd: crowdConnections }[kind];
  const clients = Array.from({ length: connections }, () => new Client(aim.baseUrl));
  const times: number[] = [];
  const said = aim.headers();
  let calls = 0;
  const call = async (client: Client, dueAt: number) => {
    const headers = said[calls++ % said.length] ?? null;
    const { statusCode, body } = await client.request({ method: 'GET', path: aim.path, headers });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${aim.baseUrl}${aim.path}: ${statusCode} ${text}`);
    times.push(performance.now() - dueAt);
  };
  const startedAt = performance.now();
  const endsAt = startedAt + lastsMs;
  try {
    await Promise.all(
      clients.map(async (client, at) => {
        if (kind !== 'rate') {
          while (performance.now() < endsAt) await call(client, performance.now());
          return;
        }
        const everyMs = (1_000 / callsPerSecond) * rateConnections;
        for (let dueAt = startedAt + (at * everyMs) / rateConnections; dueAt < endsAt; dueAt += everyMs) {
          await until(dueAt);
          await call(client, dueAt);
        }
      }),
    );
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
  const tookMs = performance.now() - startedAt;
  return {
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    perSecond: (times.length / tookMs) * 1_000,
  };
}

/** Timers know whole milliseconds. What is left is waited for turn by turn, and kept short: it takes a core from what is measured. */
async function until(atMs: number): Promise<void> {
  const leftMs = atMs - performance.now() - 0.5;
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
  while (performance.now() < atMs) await new Promise((resolve) => setImmediate(resolve));
}
