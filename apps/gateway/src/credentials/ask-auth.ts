import { type Ask, createAsk } from '@uw-wizard/shared/platform/ask';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import { identityHeader, type SignIdentity } from '@uw-wizard/shared/platform/identity';
import { currentRequest } from '@uw-wizard/shared/platform/request-context';
import { v7 as uuidv7 } from 'uuid';
import { callService } from '../upstream/call-service.ts';
import type { Link } from '../upstream/links.ts';

/** A hanging replica is found out and passed over well within this. */
const timeoutMs = 4_000;

/**
 * Asks auth-svc about credentials: any of its replicas over HTTP and, when none answers there, over the bus. Either way
 * alone is enough to let people in.
 */
export function askAuth(options: { link: Link; bus: Pick<Bus, 'ask'>; sign: SignIdentity }): Ask {
  const { link, bus, sign } = options;
  const askOverHttp = async (question: string, body: Buffer) => {
    const headers = () => {
      const traceparent = currentRequest()?.traceparent;
      const identity = sign('auth-svc', { kind: 'gateway', sub: 'gateway', rid: uuidv7() });
      const sent = ['content-type', 'application/json', identityHeader, identity];
      if (traceparent !== undefined) sent.push('traceparent', traceparent);
      return sent;
    };
    const answer = await callService(link, {
      method: 'POST',
      target: `/ask/${question}`,
      headers,
      body: { sizeBytes: body.length, open: () => body },
      repeatable: true,
      timeoutMs,
    });
    if (answer.status !== 200) throw new Error(`auth-svc answered ${answer.status} to ${question}`);
    return answer.body.toString('utf8');
  };
  const ask: Bus['ask'] = (subject, body, more) =>
    askOverHttp(subject.slice(subject.lastIndexOf('.') + 1), Buffer.from(body, 'utf8')).catch(() =>
      bus.ask(subject, body, more),
    );
  return createAsk({ ask }, { timeoutMs: 1_000 });
}
