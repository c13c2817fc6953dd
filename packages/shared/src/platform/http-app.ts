import express, { type Express, type Request, type RequestHandler, type Response, Router } from 'express';
import { v7 as uuidv7 } from 'uuid';
import type { AuditActor } from '../contracts/audit.ts';
import type { Permission } from '../contracts/permissions.ts';
import { may } from '../contracts/permissions.ts';
import { type Route, routes, type ServiceName } from '../contracts/routes.ts';
import { DomainError } from '../errors.ts';
import type { Answering } from './ask.ts';
import { AlreadyAnswered, type Answer, type Command, findAnswer, type RecordedAnswer, toCommand } from './command.ts';
import type { Database, SqlTx } from './database.ts';
import { type Health, isReady } from './health.ts';
import { type Identity, identityHeader, type VerifyIdentity } from './identity.ts';
import type { Logger } from './logger.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import { observeCalls } from './observe-calls.ts';
import { plainOn } from './plain-tx.ts';
import { FORBIDDEN, notFound, PASSWORD_CHANGE_REQUIRED, problemHandler, UNAUTHENTICATED } from './problem.ts';
import { readBody } from './read-body.ts';
import { inRequest, noteDeal } from './request-context.ts';

export { listen } from './listen.ts';
export { rawBodyOf } from './read-body.ts';

/** An identity that belongs to a tenant: a user or an API key. */
export type TenantIdentity = Identity & { tenant: string; role: NonNullable<Identity['role']> };

const identities = new WeakMap<Request, Identity>();

/** Who is calling. Every handler behind `createHttpApp` has one. */
export function identityOf(req: Request): Identity {
  const identity = identities.get(req);
  if (identity === undefined) throw new DomainError(UNAUTHENTICATED, 'This call needs an identity from the gateway.');
  return identity;
}

/** Who is calling, for calls that only a tenant's user or key can make. */
export function tenantIdentityOf(req: Request): TenantIdentity {
  const { tenant, role, ...rest } = identityOf(req);
  if (tenant === undefined || role === undefined)
    throw new DomainError(UNAUTHENTICATED, 'This call needs a credential of a tenant.');
  return { ...rest, tenant, role };
}

type Handle = (req: Request, res: Response) => Promise<void> | void;

/** A service's handlers by `METHOD /path`, exactly as the route table spells them. */
export type Handlers = Readonly<Record<string, Handle>>;

/**
 * The HTTP face of a service: health, identity check, permission check and body reading from the route table, handlers,
 * problem documents. Every route of the table that belongs to `service` must have a handler and the other way round, or
 * it throws: nobody forgets a permission.
 */
export function createHttpApp(options: {
  service: ServiceName;
  handlers: Handlers;
  verifyIdentity: VerifyIdentity;
  health: Pick<Health, 'report'>;
  log: Logger;
  problemBase: string;
  metrics?: Metrics | undefined;
  /** Questions that the gateway, and nobody else, asks at `POST /ask/{name}`: without the bus, which may be away. */
  answers?: readonly Answering[];
}): Express {
  const own = routes.filter((route) => route.service === options.service);
  const missing = own.filter((route) => options.handlers[nameOf(route)] === undefined).map(nameOf);
  const unknown = Object.keys(options.handlers).filter((name) => !own.some((route) => nameOf(route) === name));
  if (missing.length + unknown.length > 0) {
    throw new Error(`${options.service}: routes without handler [${missing}], handlers without route [${unknown}]`);
  }
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  app.get('/readyz', async (_req, res) => {
    const { status } = await options.health.report();
    res.status(isReady(status) ? 200 : 503).json({ status });
  });
  app.use(observeCalls(options.metrics ?? noMetrics));
  app.use(withIdentity(options.verifyIdentity));
  const router = Router();
  for (const route of own) {
    const handle = options.handlers[nameOf(route)];
    if (handle === undefined) continue;
    router[methodOf(route)](route.path, permit(route), ...readBody(route), async (req: Request, res: Response) => {
      noteDeal(dealOf(req));
      return handle(req, res);
    });
  }
  for (const answering of options.answers ?? []) {
    router.post(
      `/ask/${answering.contract.name}`,
      onlyGateway,
      express.text({ type: () => true }),
      replyWith(answering),
    );
  }
  app.use(router);
  app.use(notFound);
  app.use(problemHandler({ problemBase: options.problemBase, log: options.log }));
  return app;
}

function nameOf(route: Route): string {
  return `${route.method} ${route.path}`;
}

function methodOf(route: Route): 'get' | 'post' | 'put' | 'patch' | 'delete' {
  const methods = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;
  return methods[route.method];
}

function withIdentity(verify: VerifyIdentity): RequestHandler {
  return (req, _res, next) => {
    const token = req.get(identityHeader);
    const identity = token === undefined ? null : verify(token);
    const traceparent = req.get('traceparent');
    const context = {
      request_id: identity?.rid ?? uuidv7(),
      ...(identity?.tenant === undefined ? {} : { tenant_id: identity.tenant }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(identity === null ? {} : { caller: callerOf(identity, req.get('user-agent')) }),
    };
    if (identity !== null) identities.set(req, identity);
    inRequest(context, () => {
      if (identity === null) next(new DomainError(UNAUTHENTICATED, 'Calls to a service come through the gateway.'));
      else next();
    });
  };
}

/** Who is calling, as the audit log names them. */
function callerOf({ kind, sub, role, addr }: Identity, userAgent: string | undefined): AuditActor {
  return {
    kind: kind === 'gateway' ? 'house' : kind,
    id: sub.slice(0, 200),
    role: role ?? null,
    address: addr?.slice(0, 100) ?? null,
    user_agent: userAgent?.slice(0, 200) ?? null,
  };
}

/** The deal that a call is about, from where calls name it: path, query or body. */
function dealOf(req: Request): unknown {
  if (req.path.startsWith('/api/deals/')) return req.params.id;
  return req.query.deal_id ?? (req.body as { deal_id?: unknown } | undefined)?.deal_id;
}

/** Checks the route's permission again: the gateway is not the only thing between a caller and a deal. */
function permit(route: Route): RequestHandler {
  return (req, _res, next) => {
    if (route.allow === 'none') return next();
    const identity = identityOf(req);
    if (route.allow === 'provider') {
      return identity.kind === 'provider' ? next() : next(new DomainError(FORBIDDEN, 'Only a provider calls this.'));
    }
    const needed: Permission[] = [route.allow];
    // A parameter given twice is a list; it must not slip past.
    if (route.allowWhen && [req.query[route.allowWhen.query]].flat().includes(route.allowWhen.equals))
      needed.push(route.allowWhen.permission);
    const { role, must_change_password } = tenantIdentityOf(req);
    if (must_change_password && !route.beforePasswordChange)
      return next(new DomainError(PASSWORD_CHANGE_REQUIRED, 'Change the password with POST /api/auth/password first.'));
    const lacking = needed.find((permission) => !may(role, permission));
    if (lacking !== undefined)
      return next(new DomainError(FORBIDDEN, `The role ${role} lacks the permission ${lacking}.`));
    return next();
  };
}

const onlyGateway: RequestHandler = (req, _res, next) =>
  identityOf(req).kind === 'gateway' ? next() : next(new DomainError(FORBIDDEN, 'Only the gateway asks here.'));

function replyWith({ reply }: Answering): RequestHandler {
  return async (req, res) => void res.type('application/json').send(await reply(String(req.body)));
}

/**
 * Runs a command: a repeat of an answered call gets its first answer, anything else does `work`, whose commit records the
 * answer. `work` returns the recorded answer that its commit gave. Where that commit is `allItDoes`, a repeat may run into
 * it and learn there that it is one: who is none, as nearly all are, need not ask first.
 */
export async function runCommand<Tx extends SqlTx, T>(
  req: Request,
  res: Response,
  options: {
    database: Pick<Database<Tx>, 'pool' | 'answerSeals'>;
    show: (result: T) => Answer;
    allItDoes?: boolean;
  },
  work: (command: Command<T>) => Promise<RecordedAnswer>,
): Promise<void> {
  const command = toCommand({ identity: tenantIdentityOf(req), method: req.method, path: req.path }, options.show);
  const answer = await answerOnce(options, command as Command<unknown>, () => work(command));
  if (answer.replayed) res.setHeader('Idempotent-Replayed', 'true');
  res.set(answer.headers);
  res.status(answer.status).type('application/json').send(answer.body);
}

async function answerOnce<Tx extends SqlTx>(
  { database, allItDoes = false }: { database: Pick<Database<Tx>, 'pool' | 'answerSeals'>; allItDoes?: boolean },
  command: Command<unknown>,
  work: () => Promise<RecordedAnswer>,
): Promise<RecordedAnswer> {
  const find = () => findAnswer(plainOn(database.pool, command.identity.tenant), command, database.answerSeals);
  const hasKey = command.identity.key !== undefined;
  const stored = hasKey && !allItDoes ? await find() : null;
  if (stored !== null) return stored;
  try {
    return await work();
  } catch (error) {
    if (error instanceof AlreadyAnswered) return error.answer;
    // What stands in a repeat's way may be what the first call came to.
    const answer = hasKey && allItDoes && error instanceof DomainError ? await find() : null;
    if (answer !== null) return answer;
    throw error;
  }
}
