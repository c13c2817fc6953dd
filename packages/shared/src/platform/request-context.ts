import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditActor } from '../contracts/audit.ts';

/** What a log line or a published event wants to know about the call it belongs to. */
export type RequestContext = {
  request_id: string;
  tenant_id?: string;
  deal_id?: string;
  traceparent?: string;
  /** Who is calling, as the audit log names them; absent where nobody is. */
  caller?: AuditActor;
};

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work` as part of one request (or one consumed event); everything it awaits sees the same context. */
export function inRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** The request this code runs for, if any. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Says which deal the current request turned out to be about; what is no deal's id is passed over. */
export function noteDeal(dealId: unknown): void {
  const context = storage.getStore();
  if (context !== undefined && typeof dealId === 'string' && uuid.test(dealId)) context.deal_id = dealId.toLowerCase();
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
