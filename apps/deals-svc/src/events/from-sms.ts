import { smsErased } from '@uw-wizard/shared/contracts/erasure';
import {
  consentGranted,
  consentRevoked,
  smsAlerted,
  smsDelivered,
  smsFailed,
  smsReceived,
  smsSent,
} from '@uw-wizard/shared/contracts/sms';
import type { Following } from '@uw-wizard/shared/platform/consumer';
import type { SqlTx } from '@uw-wizard/shared/platform/database';
import type { Keeper, KeepUnit } from './keep.ts';

/** Texts and consents that belong to a deal are seen on its timeline. */
export function fromSms<Tx extends SqlTx, Unit extends KeepUnit>(keeper: Keeper<Tx, Unit>): Following<Tx> {
  const seen = [smsSent, smsFailed, smsDelivered, smsReceived, consentRevoked, consentGranted];
  return {
    publisher: 'sms-svc',
    handlers: [
      ...seen.map((contract) => keeper.keep(contract)),
      keeper.passOn(smsAlerted),
      keeper.noteErased(smsErased),
    ],
  };
}
