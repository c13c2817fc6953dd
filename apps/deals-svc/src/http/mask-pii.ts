import { may, type Role } from '@uw-wizard/shared/contracts/permissions';

const MASKS: Readonly<Record<string, (value: string) => string>> = {
  owner_email: (email) => `${email.slice(0, 1)}***${email.slice(email.lastIndexOf('@'))}`,
  owner_phone: (phone) => `***${phone.slice(-4)}`,
  owner_ssn_last4: () => '****',
};

/**
 * The value of a field (its name on the wire) as `role` may see it, wherever it is shown: without `pii.read` the owner's
 * e-mail address, phone number and SSN digits are masked. `null` stays `null`.
 */
export function maskPii<Value>(role: Role, field: string, value: Value): Value | string {
  const mask = MASKS[field];
  return mask === undefined || typeof value !== 'string' || may(role, 'pii.read') ? value : mask(value);
}
