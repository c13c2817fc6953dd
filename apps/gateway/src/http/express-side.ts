import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { problemHandler } from '@uw-wizard/shared/platform/problem';
import express, { type Request, type RequestHandler, type Router } from 'express';
import { letTheGoneGo } from './client-gone.ts';

/** What Express answers: the gateway's own pages, and problems. Calls of the route table do not come through here. */
export type ExpressSide = {
  /** Answers at one of the gateway's own doors. */
  page(req: IncomingMessage, res: ServerResponse): void;
  /** Answers with the problem that `error` is. */
  problem(req: IncomingMessage, res: ServerResponse, error: unknown): void;
};

/** Puts the two together. `problemBase` is `{PUBLIC_URL}/problems`. */
export function createExpressSide(options: { own: Router; problemBase: string; log: Logger }): ExpressSide {
  const errors = new WeakMap<IncomingMessage, unknown>();
  const failAtOnce: RequestHandler = (req: Request, _res, next) => next(errors.get(req));
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(failAtOnce, options.own, letTheGoneGo, problemHandler(options));
  return {
    page: (req, res) => app(req, res),
    problem(req, res, error) {
      errors.set(req, error);
      app(req, res);
    },
  };
}
