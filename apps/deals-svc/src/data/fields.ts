import {
  type BlindIndex,
  createBlindIndex,
  createFieldSeals,
  type FieldKeys,
  type FieldPlace,
  type FieldSeals,
} from '@uw-wizard/shared/platform/field-encryption';

/** With what single values of rows are sealed and found. */
export type Fields = { readonly seals: FieldSeals; readonly index: BlindIndex };

/** The keys that deals-svc is told. */
export type FieldsConfig = { readonly fieldKeys: FieldKeys; readonly fieldIndexKeys: readonly Buffer[] };

export function createFields({ fieldKeys, fieldIndexKeys }: FieldsConfig): Fields {
  return { seals: createFieldSeals(fieldKeys), index: createBlindIndex(fieldIndexKeys) };
}

/** A searched value as its two columns have it: sealed, and the index by which it is found. Both null without a value. */
export function sealSearched(
  { seals, index }: Fields,
  value: string | null,
  place: FieldPlace,
): { kept: string | null; index: string | null } {
  if (value === null) return { kept: null, index: null };
  const kept = seals.seal(value, place);
  // A plain value is found by itself; an index beside it would grow old when a former release changes the value.
  return { kept, index: kept === value ? null : index.of(value, place) };
}
