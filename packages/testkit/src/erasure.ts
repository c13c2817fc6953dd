import { randomUUID } from 'node:crypto';
import { erasureOf, erasureStream, merchantErased } from '@uw-wizard/shared/contracts/erasure';
import type { Bus } from '@uw-wizard/shared/platform/bus';

/** What the owner of merchants says when one was erased. `ask` is its place in the sequence, too. */
export function erasureOfMerchant(given: {
  tenantId: string;
  merchantId: string;
  dealIds: readonly string[];
  numbers?: readonly string[];
  ask?: number;
}) {
  const { tenantId, merchantId, dealIds, numbers = [], ask = 1 } = given;
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: merchantErased.publisher,
    type: merchantErased.type,
    time: new Date().toISOString(),
    subject: erasureOf(merchantId),
    datacontenttype: 'application/json',
    dataversion: merchantErased.version,
    tenantid: tenantId,
    merchantid: merchantId,
    sequence: ask,
    data: { merchant_id: merchantId, ask, deal_ids: [...dealIds], numbers: [...numbers] } as Record<string, unknown>,
  };
}

/** Says it, under a message id of its own: a bus spares nobody an event that is said twice like that. */
export function sayErased(bus: Pick<Bus, 'publish'>, event: ReturnType<typeof erasureOfMerchant>): Promise<void> {
  const message = { stream: erasureStream, subject: event.type, id: randomUUID() } as const;
  return bus.publish({ ...message, body: JSON.stringify(event) });
}
