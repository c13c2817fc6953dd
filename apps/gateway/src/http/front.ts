import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '@uw-wizard/shared/errors';
import { METHOD_NOT_ALLOWED, NOT_FOUND } from '@uw-wizard/shared/platform/problem';
import { inRequest } from '@uw-wizard/shared/platform/request-context';
import { HOST_NOT_ALLOWED, REQUEST_MALFORMED } from '../errors.ts';
import { type AnswerHeaders, putHeaders } from './answer-headers.ts';
import type { Call } from './call.ts';
import type { Origins } from './cors.ts';
import type { Doorway } from './doors.ts';
import { drainLeftovers } from './drain-leftovers.ts';
import type { ExpressSide } from './express-side.ts';
import { isWellFormed } from './is-well-formed.ts';
import { isHealthPath } from './own-doors.ts';
import type { RateLimits } from './rate-limits.ts';
import { receiveCall } from './receive-call.ts';
import type { CallWatch } from './watch-calls.ts';

export type FrontDeps = {
  addressOf: (req: IncomingMessage) => string;
  allowedHosts: readonly string[];
  origins: Origins;
  rateLimits: Pick<RateLimits, 'address'>;
  findDoorway: (path: string) => Doorway | null;
  answerHeaders: AnswerHeaders;
  expressSide: ExpressSide;
  callWatch: Pick<CallWatch, 'watch'>;
};

/**
 * What happens to every request, in this order: it is taken down and watched; its form; health; host name; other origins;
 * the limit of its address; its door. It is plain Node, because a framework's way here took longer than all the checks together;
 * pages and problems are answered by Express.
 */
export function createFront(deps: FrontDeps): RequestListener {
  const { answerHeaders, expressSide, origins } = deps;
  const isOurs = hostCheck(deps.allowedHosts);
  /** Connections whose bytes cannot be told apart: what follows on one may be no request of its client's at all. */
  const givenUp = new WeakSet<Socket>();

  const answer = async (req: IncomingMessage, res: ServerResponse, call: Call): Promise<void> => {
    const { method, path } = call;
    if (!isWellFormed(req)) {
      givenUp.add(req.socket);
      res.shouldKeepAlive = false;
      throw new DomainError(
        REQUEST_MALFORMED,
        'Send one Host, and a body by its length or in chunks, as HTTP/1.1 has it.',
      );
    }
    if (!call.isSound) throw new DomainError(NOT_FOUND, 'No call has this path.');
    if (isHealthPath(path) && (method === 'GET' || method === 'HEAD')) {
      call.pattern = path;
      putHeaders(res, answerHeaders(call));
      return expressSide.page(req, res);
    }
    if (!isOurs(call.host)) {
      throw new DomainError(HOST_NOT_ALLOWED, 'Use a host name that this installation answers for.');
    }
    if (method === 'OPTIONS' && (await isPreflight(req, res, call))) return;
    const refund = deps.rateLimits.address(call);
    call.counted.push(refund instanceof Promise ? await refund : refund);
    const doorway = deps.findDoorway(path);
    if (doorway === null) throw new DomainError(NOT_FOUND, `No call has the path ${path}.`);
    call.pattern = doorway.pattern;
    const door = doorway.doors.get(method);
    if (door !== undefined) return door.answer(req, res, call);
    res.setHeader('Allow', doorway.allow);
    if (method !== 'OPTIONS') throw new DomainError(METHOD_NOT_ALLOWED, `This path allows ${doorway.allow}.`);
    putHeaders(res, answerHeaders(call));
    res.writeHead(204).end();
  };
  /** A preflight has been answered; any other OPTIONS goes on. */
  const isPreflight = (req: IncomingMessage, res: ServerResponse, call: Call): Promise<boolean> => {
    putHeaders(res, answerHeaders(call));
    return new Promise((resolve, reject) => {
      res.once('finish', () => resolve(true));
      origins.answerPreflight(req, res, (error) => (error === undefined ? resolve(false) : reject(error)));
    });
  };

  return (req, res) => {
    if (givenUp.has(req.socket)) return;
    const call = receiveCall(req, deps.addressOf);
    deps.callWatch.watch(res, call);
    drainLeftovers(req, res);
    inRequest({ request_id: call.requestId, traceparent: call.traceparent }, () => {
      answer(req, res, call).catch((error: unknown) => {
        if (!res.headersSent) putHeaders(res, [...answerHeaders(call), 'Cache-Control', 'no-store']);
        expressSide.problem(req, res, error);
      });
    });
  };
}

function hostCheck(hosts: readonly string[]): (host: string | undefined) => boolean {
  const names = new Set(hosts.map((host) => host.toLowerCase()));
  return (host = '') => {
    if (names.size === 0) return true;
    const asked = host.toLowerCase();
    return names.has(asked) || names.has(asked.replace(/:\d+$/, ''));
  };
}
