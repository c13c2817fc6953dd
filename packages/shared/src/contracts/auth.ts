import { z } from 'zod';
import { alertSchema } from './alerts.ts';
import { defineEvent } from './event.ts';
import { roleSchema } from './permissions.ts';

const publisher = 'auth-svc';

export const userCreated = defineEvent({
  type: 'user.created',
  publisher,
  data: z.object({ user_id: z.uuid(), role: roleSchema }),
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
export const apikeyCreated = defineEvent({
  type: 'apikey.created',
  publisher,
  data: z.object({ api_key_id: z.uuid(), role: roleSchema }),
});
export const authAlerted = defineEvent({ type: 'auth.alerted', publisher, data: alertSchema });

export const authEvents = [userCreated, sessionStarted, sessionFailed, apikeyCreated, authAlerted] as const;
