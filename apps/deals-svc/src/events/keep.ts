import type { AlertData } from '@uw-wizard/shared/contracts/alerts';
import type { ErasureAnswer } from '@uw-wizard/shared/contracts/erasure';
import type { Envelope, EventContract, EventOf } from '@uw-wizard/shared/contracts/event';
import { DomainError } from '@uw-wizard/shared/errors';
import { blankTexts } from '@uw-wizard/shared/platform/blank';
import { type Handler, on } from '@uw-wizard/shared/platform/consumer';
import type { SqlTx } from '@uw-wizard/shared/platform/database';
import { DEAL_NOT_FOUND } from '../domain/errors.ts';
import type { Alerts, Erasures, Timeline } from '../usecases/ports.ts';

export type KeepUnit = {
  timeline: Pick<Timeline, 'append'>;
  alerts: Pick<Alerts, 'raise'>;
  erasures: Pick<Erasures, 'isErased' | 'noteAnswer'>;
};

/** Handlers that keep every event on its deal's timeline, under the event's own id and time, before their own effect. */
export function createKeeper<Tx extends SqlTx, Unit extends KeepUnit>(unitOf: (tx: Tx, tenantId: string) => Unit) {
  /** `effect` is left out for events that are only to be seen. An event of a deal that is not here raises an alert. */
  function keep<C extends EventContract>(
    contract: C,
    effect?: (unit: Unit, event: EventOf<C> & { dealid: string }) => Promise<void>,
  ): Handler<Tx> {
    return on<Tx, C>(contract, async (tx, event) => {
      const unit = unitOf(tx, event.tenantid);
      await unit.timeline.append([await withoutErased(unit, event)]);
      const { dealid } = event;
      if (dealid === undefined || effect === undefined) return;
      try {
        await effect(unit, { ...event, dealid });
      } catch (error) {
        if (!(error instanceof DomainError) || error.kind.code !== DEAL_NOT_FOUND.code) throw error;
        await unit.alerts.raise({
          severity: 'critical',
          code: 'event-without-deal',
          message: `The event ${event.type} (${event.id}) is about a deal that is not there or was deleted.`,
          dealId: dealid,
          merchantId: event.merchantid,
        });
      }
    });
  }
  return {
    keep,
    /** Another service has erased what it had of a merchant. */
    noteErased<C extends ErasureAnswer>(contract: C): Handler<Tx> {
      return on<Tx, ErasureAnswer>(contract, async (tx, { tenantid, time, data }) => {
        const answer = { merchantId: data.merchant_id, ask: data.ask, at: time };
        await unitOf(tx, tenantid).erasures.noteAnswer(contract.publisher, answer);
      });
    },
    /** What another service wants people told becomes an alert. */
    passOn(contract: EventContract): Handler<Tx> {
      return on<Tx, EventContract>(contract, async (tx, event) => {
        const unit = unitOf(tx, event.tenantid);
        const kept = await withoutErased(unit, event);
        await unit.timeline.append([kept]);
        // Every `*.alerted` contract carries the shape of an alert, which the consumer has checked.
        const alert = kept.data as AlertData;
        await unit.alerts.raise({ ...alert, dealId: event.dealid, merchantId: event.merchantid });
      });
    },
  };
}

/** The event as it may be kept: of somebody who was erased, without what may say who it was. Most events hold only codes and figures. */
async function withoutErased(unit: KeepUnit, event: Envelope): Promise<Envelope> {
  const data = blankTexts(event.data) as Envelope['data'];
  if (event.dealid === undefined || JSON.stringify(data) === JSON.stringify(event.data)) return event;
  return (await unit.erasures.isErased(event.dealid)) ? { ...event, data } : event;
}

export type Keeper<Tx extends SqlTx, Unit extends KeepUnit> = ReturnType<typeof createKeeper<Tx, Unit>>;
