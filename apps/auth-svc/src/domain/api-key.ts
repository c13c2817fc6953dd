import type { Role } from '@uw-wizard/shared/contracts/permissions';

/** An API key as people see it after its first moment: all but the key. */
export type ApiKey = {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly role: Role;
  /** The first characters of the key, to tell keys apart by eye. */
  readonly prefix: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
};

/** How much of a key may be shown: the mark of all keys and eight characters, of forty-three. */
export function prefixOf(key: string): string {
  return key.slice(0, 12);
}
