import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { createSeals } from './seals.ts';

/** Keys of 32 bytes, the newest first: it seals when `sealing`, and all of them open. */
export type FieldKeys = { readonly keys: readonly Buffer[]; readonly sealing: boolean };

/** Where a value rests: `merchants.ein` of one row. What is moved to another place does not open there. */
export type FieldPlace = { readonly tenantId: string; readonly column: string; readonly row: readonly string[] };

/** Encrypts single values of rows (AES-256-GCM), each bound to its place. */
export type FieldSeals = {
  /** `v1.key's name.base64url`; the text as it is while nothing is sealed. */
  seal(text: string, place: FieldPlace): string;
  /** What was sealed for this place. A text that was never sealed, from before there were keys, is given back as it is. */
  open(kept: string, place: FieldPlace): string;
  /** How everything begins that is sealed with the newest key; null while nothing is sealed. */
  readonly newest: string | null;
};

/** How every sealed text begins. None of the values that are sealed does: EINs, digits and JSON. */
export const sealedPrefix = 'v1.';

/** A value that does not open: its key is not there, or it was changed, or is not where it was sealed for. */
export class FieldDoesNotOpen extends Error {}

/** Seals with `keys`. */
export function createFieldSeals({ keys, sealing }: FieldKeys): FieldSeals {
  const seals = keys.length === 0 ? null : createSeals(keys);
  const newest = sealing && seals !== null ? `${sealedPrefix}${seals.newest}.` : null;
  return {
    newest,
    seal: (text, place) =>
      newest === null || seals === null ? text : `${sealedPrefix}${seals.seal(text, purposeOf(place))}`,
    open(kept, place) {
      if (!kept.startsWith(sealedPrefix)) return kept;
      const text = seals?.open(kept.slice(sealedPrefix.length), purposeOf(place)) ?? null;
      if (text !== null) return text;
      const name = kept.split('.')[1] ?? '';
      throw new FieldDoesNotOpen(
        `a value of ${place.column} (key ${name}) opens with no key of FIELD_ENCRYPTION_KEY, or is not what was sealed there`,
      );
    },
  };
}

/** A value as a `jsonb` column takes it: sealed, as a text in JSON. */
export function sealJson(seals: FieldSeals, value: unknown, place: FieldPlace): string {
  const text = JSON.stringify(value);
  const kept = seals.seal(text, place);
  return kept === text ? text : JSON.stringify(kept);
}

/** What `sealJson` made, as the driver reads it from the column; what was never sealed is given back as it is. */
export function openJson(seals: FieldSeals, kept: unknown, place: FieldPlace): unknown {
  return typeof kept === 'string' ? JSON.parse(seals.open(kept, place)) : kept;
}

/** Finds equal values without knowing them: HMAC-SHA-256 of tenant, column and value, so that no other tenant's is equal. */
export type BlindIndex = {
  /** By the newest key, `key's name.hex`. */
  of(value: string, at: IndexedColumn): string;
  /** By every key, to search for: rows may have been written with any. */
  all(value: string, at: IndexedColumn): string[];
  /** The newest key's alone, 64 hex digits: for what is compared but never searched. */
  digest(value: string, at: IndexedColumn): string;
  /** How everything begins that is by the newest key. */
  readonly newest: string;
};
type IndexedColumn = { readonly tenantId: string; readonly column: string };

/** `keys`: 32 bytes each, the newest first. */
export function createBlindIndex(keys: readonly Buffer[]): BlindIndex {
  const named = keys.map((key) => ({ name: hash('sha256', key).slice(0, 8), key: createSecretKey(key) }));
  const [newest] = named;
  if (newest === undefined) throw new Error('nothing can be indexed without a key');
  const digest = (key: KeyObject, value: string, { tenantId, column }: IndexedColumn) =>
    createHmac('sha256', key)
      .update(JSON.stringify([tenantId, column, value]))
      .digest('hex');
  return {
    newest: `${newest.name}.`,
    of: (value, at) => `${newest.name}.${digest(newest.key, value, at)}`,
    all: (value, at) => named.map(({ name, key }) => `${name}.${digest(key, value, at)}`),
    digest: (value, at) => digest(newest.key, value, at),
  };
}

/** What a value is bound to; no two places are written alike. */
function purposeOf({ tenantId, column, row }: FieldPlace): string {
  return JSON.stringify([tenantId, column, ...row]);
}
