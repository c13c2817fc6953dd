import type { RequestListener } from 'node:http';
import { listen, type Patience, type Refuse } from '@uw-wizard/shared/platform/listen';

/** Serves `app` on a free loopback port until `stop`. */
export async function serve(
  app: RequestListener,
  patience?: Patience & { refuse?: Refuse },
): Promise<{ baseUrl: string; stop(): Promise<void> }> {
  const { server, stop } = await listen(app, { port: 0, host: '127.0.0.1' }, 1_000, patience);
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return { baseUrl: `http://127.0.0.1:${address.port}`, stop };
}
