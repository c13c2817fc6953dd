import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { authErased } from './erasure.ts';
import { defineEvent } from './event.ts';
import { roleSchema } from './permissions.ts';

const publisher = 'auth-svc';

export const userCreated = defineEvent({
  type: 'user.created',
  publisher,
  data: z.object({ user_id: z.uuid(), role: roleSchema }),
});
export const userDisabled = defineEvent({
  type: 'user.disabled',
  publisher,
  data: z.object({ user_id: z.uuid() }),
});
export const userEnabled = defineEvent({
  type: 'user.enabled',
  publisher,
  data: z.object({ user_id: z.uuid() }),
});
export const userRoleChanged = defineEvent({
  type: 'user.role_changed',
  publisher,
  data: z.object({ user_id: z.uuid(), from: roleSchema, to: roleSchema }),
});
/** `reason`: `changed` by its owner, `temporary` one given by an admin, `reset` with a token sent by mail. */
export const userPasswordChanged = defineEvent({
  type: 'user.password_changed',
  publisher,
  data: z.object({ user_id: z.uuid(), reason: z.enum(['changed', 'temporary', 'reset']) }),
});
export const sessionStarted = defineEvent({
  type: 'session.started',
  publisher,
  data: z.object({ user_id: z.uuid(), session_id: z.uuid() }),
});
export const sessionFailed = defineEvent({
  type: 'session.failed',
  publisher,
  data: z.object({ user_id: z.uuid().nullable(), reason: z.string() }),
});
export const sessionEnded = defineEvent({
  type: 'session.ended',
  publisher,
  data: z.object({ user_id: z.uuid(), session_id: z.uuid(), reason: z.string() }),
});
export const apikeyCreated = defineEvent({
  type: 'apikey.created',
  publisher,
  data: z.object({ api_key_id: z.uuid(), role: roleSchema }),
});
export const apikeyRevoked = defineEvent({
  type: 'apikey.revoked',
  publisher,
  data: z.object({ api_key_id: z.uuid() }),
});
export const authAlerted = defineEvent({ type: 'auth.alerted', publisher, data: alertSchema });

export const authEvents = [
  userCreated,
  userDisabled,
  userEnabled,
  userRoleChanged,
  userPasswordChanged,
  sessionStarted,
  sessionFailed,
  sessionEnded,
  apikeyCreated,
  apikeyRevoked,
  authAlerted,
  authErased,
] as const;
