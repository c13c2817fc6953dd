import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import type { Caller } from '../credentials/caller.ts';
import { type IdentifyDeps, identify } from '../credentials/identify.ts';
import { fingerprintOf, type RunOnceDeps, runOnce, scopeOf } from '../idempotency/run-once.ts';
import type { StoredAnswer } from '../idempotency/store.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { type AnswerHeaders, putHeaders } from './answer-headers.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import type { Call } from './call.ts';
import { checkPermission, checkTenant, idempotencyKeyOf } from './check-call.ts';
import type { Crowds } from './crowds.ts';
import type { RateLimits } from './rate-limits.ts';
import { type Body, hasBody, noBody, readBody } from './read-body.ts';
import { sendAnswer } from './send-answer.ts';
import type { Spool } from './spool.ts';

export type AnswerCallDeps = {
  credentials: IdentifyDeps;
  browsers: BrowserSessions;
  rateLimits: RateLimits;
  crowds: Crowds;
  spool: Spool;
  once: RunOnceDeps;
  upstream: Upstream;
  /** Learns which credentials have changed; after a call that may have changed some, before its answer. */
  catchUp: () => Promise<void>;
  onEdge: OnEdge;
  answerHeaders: AnswerHeaders;
  /** Keeps the gateway open until `work` is done, whether or not its client still waits. */
  finish: <T>(work: Promise<T>) => Promise<T>;
};

/** A call that passed every check, on its way to the service. */
export type CheckedCall = {
  readonly route: Route;
  readonly call: Call;
  /** Null on routes for everybody and for providers. */
  readonly caller: Caller | null;
  readonly body: Body;
  readonly key?: string;
  readonly fingerprint?: string;
  /** What a browser kept while its user logged in elsewhere. */
  readonly loginState?: string | undefined;
};

/**
 * One call, from the door to the answer: the checks in the order that clients may rely on, then idempotency, then the
 * service. Throws what is wrong first.
 */
export async function answerCall(
  deps: AnswerCallDeps,
  route: Route,
  req: IncomingMessage,
  res: ServerResponse,
  call: Call,
): Promise<void> {
  if (route.method !== 'GET') res.once('finish', () => deps.onEdge('answer', route.path));
  const byCookie = call.authorization === undefined && call.cookie !== undefined;
  const authorization = byCookie ? deps.browsers.authorizationOf(call) : call.authorization;
  const identified = identify(deps.credentials, route, authorization);
  const caller = identified instanceof Promise ? await identified : identified;
  if (byCookie && caller !== null && route.method !== 'GET') deps.browsers.checkCsrf(call, caller.session);
  const context = currentRequest();
  if (context && caller) context.tenant_id = caller.tenant;
  checkTenant(route, call, caller);
  checkPermission(route, call, caller);
  const key = idempotencyKeyOf(route, call);
  const entered = deps.crowds.enter(route);
  const leave = entered instanceof Promise ? await entered : entered;
  try {
    await answerChecked(deps, { route, call, caller, ...(key === undefined ? {} : { key }) }, req, res);
  } finally {
    leave();
  }
}

/** The rest of it, from the body on. */
async function answerChecked(
  deps: AnswerCallDeps,
  { route, call, caller, key }: Omit<CheckedCall, 'body' | 'fingerprint'>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const read = hasBody(req) || route.body !== 'none' ? await readBody(route, req, deps.spool) : noBody;
  const browser = route.session === undefined ? null : deps.browsers.handle(route.session, call, read);
  const body = browser?.body ?? read;
  const keyed = key === undefined ? {} : { key, fingerprint: fingerprintOf(call.query, body) };
  const checked: CheckedCall = { route, call, caller, body, ...keyed, loginState: browser?.loginState };
  const admit = () => charge(deps.rateLimits, checked);
  try {
    if (route.answer === 'stream') {
      await admit();
      putHeaders(res, deps.answerHeaders(call));
      await deps.upstream.stream(checked, req, res);
    } else {
      const answer = await deps.finish(answerOnce(deps, checked, admit, req, res));
      if (answer.headers['idempotent-replayed'] === 'true') for (const refund of call.counted) refund();
      sendAnswer(res, call, browser === null ? answer : browser.answer(answer), deps.answerHeaders);
    }
  } finally {
    await body.discard();
  }
}

/** A call with a key is done once for all its repeats; any other is done each time it comes. */
async function answerOnce(
  deps: AnswerCallDeps,
  checked: CheckedCall,
  admit: () => Promise<void>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<StoredAnswer> {
  const { route, call, caller, key, fingerprint } = checked;
  const work = async () => {
    const outcome = await deps.upstream.call(checked, req, res);
    // Whoever was told that a credential is no longer good finds it so at this gateway at once.
    if (route.service === 'auth-svc' && route.method !== 'GET' && caller !== null) await deps.catchUp();
    return outcome;
  };
  if (caller === null || key === undefined || fingerprint === undefined) {
    await admit();
    return (await work()).answer;
  }
  const { tenant, sub } = caller;
  return runOnce(deps.once, {
    scope: scopeOf({ tenant, sub, method: route.method, path: call.path, key }),
    fingerprint,
    admit,
    work,
  });
}

const loginPath = '/api/auth/login';

/** Counts the call against the limits of its credential and, for a login, its account. */
async function charge(limits: RateLimits, checked: CheckedCall): Promise<void> {
  const { route, call, caller, body } = checked;
  if (caller !== null) call.counted.push(await limits.key(call, `${caller.tenant} ${caller.sub}`));
  const bytes = route.path === loginPath ? body.open() : null;
  if (Buffer.isBuffer(bytes)) await limits.login(call, bytes);
}
