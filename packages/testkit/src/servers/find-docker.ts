import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { images } from '../images.ts';
import { answers } from './speak.ts';
import { startContainer } from './start-container.ts';

/**
 * Says whether Docker can really start images here: an engine answers, has a network on which a port can be published,
 * and the smallest image of ours starts. Without an engine this takes some milliseconds. TEST_DOCKER=yes or no answers
 * it beforehand: a run asks once and tells its workers so.
 */
export async function findDocker(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<boolean> {
  if (env.TEST_DOCKER === 'yes' || env.TEST_DOCKER === 'no') return env.TEST_DOCKER === 'yes';
  if (!(await engineAnswers(env))) return false;
  try {
    say(`Trying whether Docker starts ${images.nats} …`);
    const container = await startContainer({
      name: 'NATS',
      image: images.nats,
      port: 4222,
      isReady: (at) => answers(at, '', 'INFO'),
      startTimeoutMs: 120_000,
    });
    await container.stop();
    return true;
  } catch (error) {
    say(`Docker cannot start it (${error instanceof Error ? error.message : error}); servers come from elsewhere.`);
    return false;
  }
}

const patienceMs = 800;

/** Only engines behind a socket are asked here; one that DOCKER_HOST names otherwise is tried at once. */
async function engineAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
  const named = env.DOCKER_HOST ?? '';
  if (named !== '' && !named.startsWith('unix://')) return true;
  const sockets =
    named !== ''
      ? [named.slice('unix://'.length)]
      : [
          '/var/run/docker.sock',
          join(env.XDG_RUNTIME_DIR ?? '/nonexistent', 'docker.sock'),
          join(homedir(), '.docker/run/docker.sock'),
          join(homedir(), '.docker/desktop/docker.sock'),
        ];
  const answers = await Promise.all(sockets.map(hasBridge));
  return answers.includes(true);
}

/** An engine that was started without a bridge cannot publish a port, whatever it starts. */
function hasBridge(socketPath: string): Promise<boolean> {
  return new Promise((tell) => {
    const asked = request({ socketPath, path: '/networks', timeout: patienceMs }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', () => tell(false));
      answer.once('end', () => tell(/"Driver": ?"bridge"/.test(Buffer.concat(chunks).toString())));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => tell(false));
    asked.once('close', () => tell(false));
    asked.end();
  });
}
