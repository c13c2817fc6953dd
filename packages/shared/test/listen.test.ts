import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { listen } from '../src/platform/listen.ts';

/** As Linux writes the state of a connection that was asked for and not answered. */
const unanswered = '02';

test.runIf(process.platform === 'linux')('a crowd that connects all at once finds a place, each of it', async () => {
  const { server, stop } = await listen((_req, res) => void res.end(), { port: 0, host: '127.0.0.1' });
  const { port } = server.address() as AddressInfo;
  // A system that allows fewer places has none for more.
  const places = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  const size = Math.min(1_000, places);
  const crowd = Array.from({ length: size }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  // All have asked by then, and the server, which is on the same loop, has taken none of them.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const states = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , there]) => there?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`))
    .map(([, , , state]) => state);
  expect(states).toHaveLength(size);
  expect(states.filter((state) => state === unanswered)).toHaveLength(0);
  for (const one of crowd) one.destroy();
  await stop();
});
