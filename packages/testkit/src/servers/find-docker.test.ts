import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findDocker } from './find-docker.ts';

const said: string[] = [];
const say = (line: string): void => void said.push(line);
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  said.length = 0;
  for (const end of ends.splice(0)) await end();
});

/** An engine behind a socket that answers as told. */
async function engine(answer: RequestListener): Promise<NodeJS.ProcessEnv> {
  const folder = await mkdtemp(join(tmpdir(), 'uw-docker-'));
  const server = createServer(answer);
  await new Promise<void>((ready) => server.listen(join(folder, 'docker.sock'), ready));
  ends.push(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    await rm(folder, { recursive: true });
  });
  return { DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` };
}

test('a Docker client without an engine counts as no Docker', async () => {
  expect(await findDocker({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' }, say)).toBe(false);
  expect(said).toEqual([]);
});

test('an engine that takes the call and never answers counts as no Docker', async () => {
  expect(await findDocker(await engine(() => undefined), say)).toBe(false);
});

test('an engine that can publish no port counts as no Docker, and nothing is tried on it', async () => {
  const env = await engine((_, res) => res.end('[{"Name":"host","Driver":"host"},{"Name":"none","Driver":"null"}]'));
  expect(await findDocker(env, say)).toBe(false);
  expect(said).toEqual([]);
});

test('what was found out before is believed', async () => {
  const env = await engine(() => expect.unreachable('the engine was asked'));
  expect(await findDocker({ ...env, TEST_DOCKER: 'no' }, say)).toBe(false);
  expect(await findDocker({ ...env, TEST_DOCKER: 'yes' }, say)).toBe(true);
});
