import { signErased } from '@uw-wizard/shared/contracts/erasure';
import {
  signAlerted,
  signDeclined,
  signSent,
  signSigned,
  signViewed,
  signVoided,
} from '@uw-wizard/shared/contracts/signing';
import type { Following } from '@uw-wizard/shared/platform/consumer';
import type { SqlTx } from '@uw-wizard/shared/platform/database';
import { type CompleteSignatureUnit, completeSignature } from '../usecases/complete-signature.ts';
import { type NoteSentUnit, noteSent } from '../usecases/note-sent.ts';
import { type ReleaseSignatureUnit, releaseSignature } from '../usecases/release-signature.ts';
import type { Keeper, KeepUnit } from './keep.ts';

/** What deals-svc makes of news about signatures. */
export function fromSigning<
  Tx extends SqlTx,
  Unit extends KeepUnit & CompleteSignatureUnit & NoteSentUnit & ReleaseSignatureUnit,
>(keeper: Keeper<Tx, Unit>): Following<Tx> {
  return {
    publisher: 'signing-svc',
    handlers: [
      keeper.keep(signSent, (unit, { dealid, time, data }) =>
        noteSent(unit, { dealId: dealid, envelopeId: data.envelope_id, sentAt: new Date(time) }),
      ),
      keeper.keep(signViewed),
      keeper.keep(signSigned, (unit, { dealid, time, data }) =>
        completeSignature(unit, { dealId: dealid, envelopeId: data.envelope_id, signedAt: new Date(time) }),
      ),
      keeper.keep(signDeclined, (unit, { dealid, data }) =>
        releaseSignature(unit, { dealId: dealid, envelopeId: data.envelope_id, because: 'declined', reason: null }),
      ),
      keeper.keep(signVoided, (unit, { dealid, data }) =>
        releaseSignature(unit, {
          dealId: dealid,
          envelopeId: data.envelope_id,
          because: 'voided',
          reason: data.reason,
        }),
      ),
      keeper.passOn(signAlerted),
      keeper.noteErased(signErased),
    ],
  };
}
