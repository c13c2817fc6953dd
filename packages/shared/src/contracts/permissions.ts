import { z } from 'zod';

export const roles = ['admin', 'reviewer', 'analyst'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

const analyst = [
  'deals.read',
  'deals.write',
  'documents.read',
  'documents.upload',
  'offers.generate',
  'offers.accept',
  'background.run',
  'signature.send',
  'sms.send',
  'alerts.read',
  'alerts.write',
  'me.read',
] as const;
const reviewer = [
  'deals.review',
  'deals.assign',
  'deals.close',
  'signature.force',
  'deals.export',
  'pii.read',
] as const;
const admin = [
  'deals.delete',
  'users.manage',
  'api_keys.manage',
  'audit.read',
  'policies.manage',
  'dead_letters.manage',
] as const;

export type Permission = (typeof analyst)[number] | (typeof reviewer)[number] | (typeof admin)[number];

/** What each role may do: an analyst works deals, a reviewer also decides, an admin also runs the house. */
export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  analyst,
  reviewer: [...analyst, ...reviewer],
  admin: [...analyst, ...reviewer, ...admin],
};

/** Whether `role` may do what `permission` names. */
export function may(role: Role, permission: Permission): boolean {
  return permissionsOf[role].includes(permission);
}
