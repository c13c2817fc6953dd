import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { type Identity, identityHeader, type SignIdentity } from '@uw-wizard/shared/platform/identity';
import type { Caller } from '../credentials/caller.ts';
import type { CheckedCall } from '../http/answer-call.ts';
import { whenGone } from '../http/client-gone.ts';
import type { Outcome } from '../idempotency/run-once.ts';
import { callService, type ServiceAnswer } from './call-service.ts';
import { headersForService, headersOfAnswer } from './headers.ts';
import type { Links } from './links.ts';
import { createStreamService, type StreamService } from './stream-service.ts';

/** The services, as a checked call sees them. */
export type Upstream = {
  /** Calls the service and holds its answer. */
  call(checked: CheckedCall, req: IncomingMessage, res: ServerResponse): Promise<Outcome>;
  /** Passes the service's answer through as it comes. */
  stream(checked: CheckedCall, req: IncomingMessage, res: ServerResponse): Promise<void>;
};

/** `sign` makes the identity that each service verifies; `defaultTimeoutMs` counts where a route names no time. */
export function createUpstream(options: { links: Links; sign: SignIdentity; defaultTimeoutMs: number }): Upstream {
  const { links, sign } = options;
  const streams = new Map<ServiceName, StreamService>();
  const streamOf = (service: ServiceName) => {
    const stream = streams.get(service) ?? createStreamService(links.of(service));
    streams.set(service, stream);
    return stream;
  };
  const headersOf = (checked: CheckedCall, headers: IncomingHttpHeaders) => {
    const forService = headersForService(checked, headers);
    forService.push(identityHeader, sign(checked.route.service, identityOfCall(checked)));
    return forService;
  };
  const timeoutOf = ({ route }: CheckedCall) => route.timeoutMs ?? options.defaultTimeoutMs;

  return {
    async call(checked, req, res) {
      const { route, call, body, key } = checked;
      // A login that comes back can do so once.
      const reads = route.method === 'GET' && route.session === undefined;
      const answer = await callService(links.of(route.service), {
        method: call.method,
        target: call.query === '' ? call.path : `${call.path}?${call.query}`,
        headers: () => headersOf(checked, req.headers),
        body: route.body === 'none' || body.sizeBytes === 0 ? null : body,
        repeatable: reads || key !== undefined,
        timeoutMs: timeoutOf(checked),
        ...(reads ? { whenGone: (tell) => whenGone(res, tell) } : {}),
      });
      return toOutcome(answer, key !== undefined);
    },
    async stream(checked, req, res) {
      // What the client sent is taken from the request once: the proxy puts its own headers there.
      const { headers } = req;
      await streamOf(checked.route.service)(req, res, {
        headers: () => headersOf(checked, headers),
        repeatable: checked.route.method === 'GET',
        timeoutMs: timeoutOf(checked),
      });
    },
  };
}

function identityOfCall({ route, call, caller, key, fingerprint }: CheckedCall): Identity {
  const nobody = route.allow === 'provider' ? 'provider' : 'anonymous';
  return {
    ...(caller === null ? { kind: nobody, sub: nobody } : identityOfCaller(caller)),
    rid: call.requestId,
    addr: call.address,
    ...(key === undefined || fingerprint === undefined ? {} : { key, fp: fingerprint }),
  };
}

function identityOfCaller({ kind, tenant, sub, role, session, mustChangePassword }: Caller) {
  return {
    kind,
    tenant,
    sub,
    role,
    ...(session === undefined ? {} : { session }),
    ...(mustChangePassword ? { must_change_password: true as const } : {}),
  };
}

/**
 * Only a 2xx is kept for repeats; after anything else the service decides again, and answers from its own record when the
 * effect did happen. So it does for an answer that holds a secret, which must not lie here.
 */
function toOutcome({ status, headers, body }: ServiceAnswer, keyed: boolean): Outcome {
  const keeps = keyed && status >= 200 && status < 300 && headers['idempotent-secret'] === undefined;
  return {
    answer: { status, headers: headersOfAnswer(headers, 'sent'), body },
    keep: keeps ? { status, headers: headersOfAnswer(headers, 'kept'), body } : null,
  };
}
