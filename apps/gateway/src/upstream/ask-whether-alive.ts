import { request } from 'node:http';
import { isRefusal } from './upstream-error.ts';

/** Where a process listens. */
export type Target = {
  readonly protocol: 'http:';
  readonly host: string;
  readonly port?: string;
  readonly socketPath?: string;
};

/**
 * Asks the process at `target` for its health. `alive` whatever it answers; `refused` when nobody listens; `silent` when
 * it takes longer than `patienceMs` or breaks off. Never rejects.
 */
export function askWhetherAlive(
  target: Target,
  patienceMs: number,
  signal: AbortSignal,
): Promise<'alive' | 'refused' | 'silent'> {
  return new Promise((tell) => {
    const question = request({ ...target, path: '/healthz', agent: false, signal }, (answer) => {
      answer.destroy();
      tell('alive');
    });
    const late = setTimeout(() => question.destroy(), patienceMs);
    question.once('close', () => {
      clearTimeout(late);
      tell('silent');
    });
    question.once('error', (error) => tell(isRefusal(error) ? 'refused' : 'silent'));
    question.end();
  });
}
