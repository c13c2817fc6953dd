import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import { type ProblemHandler, problemHandler } from '@uw-wizard/shared/platform/problem';
import express, { type Router } from 'express';
import { isOfTheGone } from './client-gone.ts';

/** What Express answers, the gateway's own pages, and problems, also those of calls that do not come through Express. */
export type ExpressSide = {
  /** Answers at one of the gateway's own doors. */
  page(req: IncomingMessage, res: ServerResponse): void;
  /** Answers with the problem that `error` is; without Express: a crowd that is refused must cost little. */
  problem(req: IncomingMessage, res: ServerResponse, error: unknown): void;
};

/** Puts the two together. `problemBase` is `{PUBLIC_URL}/problems`. */
export function createExpressSide(options: { own: Router; problemBase: string; log: Logger }): ExpressSide {
  const answer = problemHandler(options);
  const fail: ProblemHandler = (error, req, res, next) => {
    if (!isOfTheGone(error, req)) answer(error, req, res, next);
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(options.own, fail);
  return {
    page: (req, res) => app(req, res),
    // An answer that has begun cannot be another one any more: its end is missing.
    problem: (req, res, error) => fail(error, req, res, () => req.socket.destroy()),
  };
}
