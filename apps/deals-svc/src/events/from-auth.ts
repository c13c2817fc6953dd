import { authAlerted } from '@uw-wizard/shared/contracts/auth';
import { authErased } from '@uw-wizard/shared/contracts/erasure';
import type { Following } from '@uw-wizard/shared/platform/consumer';
import type { SqlTx } from '@uw-wizard/shared/platform/database';
import type { Keeper, KeepUnit } from './keep.ts';

/** Of the door, people hear only what they should look at. */
export function fromAuth<Tx extends SqlTx, Unit extends KeepUnit>(keeper: Keeper<Tx, Unit>): Following<Tx> {
  return { publisher: 'auth-svc', handlers: [keeper.passOn(authAlerted), keeper.noteErased(authErased)] };
}
