import { dealDeleted, dealStatusChanged } from '@uw-wizard/shared/contracts/deals';
import { type Following, on } from '@uw-wizard/shared/platform/consumer';
import type { SqlTx } from '@uw-wizard/shared/platform/database';

/** A deal that ends takes its outstanding envelope back: `end` does so in the inbox's own transaction. */
export function onDealEnded<Tx extends SqlTx>(
  end: (tx: Tx, deal: { tenantId: string; dealId: string; reason: string }) => Promise<void>,
): Following<Tx> {
  return {
    publisher: 'deals-svc',
    handlers: [
      on<Tx, typeof dealStatusChanged>(
        dealStatusChanged,
        (tx, { tenantid, subject, data }) =>
          end(tx, { tenantId: tenantid, dealId: subject, reason: `the deal was ${data.to}` }),
        ({ data }) => data.to === 'declined' || data.to === 'closed',
      ),
      on<Tx, typeof dealDeleted>(dealDeleted, (tx, { tenantid, subject }) =>
        end(tx, { tenantId: tenantid, dealId: subject, reason: 'the deal was deleted' }),
      ),
    ],
  };
}
