import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { METHOD_NOT_ALLOWED, notFound } from '@uw-wizard/shared/platform/problem';
import { type Request, type Response, Router } from 'express';
import { callOf } from './call.ts';

/** One method on one path, and what answers it. */
export type Door = {
  readonly method: Route['method'];
  readonly path: string;
  readonly answer: (req: Request, res: Response) => Promise<void> | void;
};

/**
 * A router with exactly these doors. A path without a door is `not-found`, another method on a path `method-not-allowed`
 * with `Allow`. A path written out wins over one with `:name`, whatever the method: `/api/deals/start` is never a deal
 * whose id is "start". Paths are taken as they are written: upper and lower case, and a slash at the end, make a difference,
 * so that one call has one path for its idempotency key.
 */
export function openDoors(doors: readonly Door[]): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const byPath = Map.groupBy(doors, (door) => door.path);
  for (const [path, atPath] of [...byPath].sort(([a], [b]) => compareSpecificity(a, b))) {
    const methods = new Map<string, Door>(atPath.map((door) => [door.method, door]));
    const get = methods.get('GET');
    if (get) methods.set('HEAD', get);
    const allow = [...methods.keys()].join(', ');
    router.all(path, async (req, res) => {
      callOf(req).pattern = path;
      const door = methods.get(req.method);
      if (door) return door.answer(req, res);
      res.setHeader('Allow', allow);
      if (req.method === 'OPTIONS') return void res.status(204).end();
      throw new DomainError(METHOD_NOT_ALLOWED, `This path allows ${allow}.`);
    });
  }
  router.use(notFound);
  return router;
}

/** Segment by segment from the left, a written-out one comes before a parameter. */
function compareSpecificity(a: string, b: string): number {
  const kinds = (path: string) => path.split('/').map((segment) => (segment.startsWith(':') ? '1' : '0'));
  return kinds(a).join('').localeCompare(kinds(b).join('')) || a.localeCompare(b);
}
