import { DomainError } from '@uw-wizard/shared/errors';
import type { Database, SqlTx } from '@uw-wizard/shared/platform/database';
import { type Handlers, rawBodyOf, runCommand } from '@uw-wizard/shared/platform/http-app';
import { readJson } from '@uw-wizard/shared/platform/read-json';
import { z } from 'zod';
import { INVALID_SIGNATURE } from '../domain/errors.ts';
import { maxBodyCharacters } from '../domain/message.ts';
import type { Message } from '../domain/text.ts';
import { verifies } from '../domain/webhook-signature.ts';
import { type ReceiveTextDeps, receiveText } from '../usecases/receive-text.ts';
import { type SendTextDeps, sendText } from '../usecases/send-text.ts';

export type SmsRoutesDeps = SendTextDeps &
  ReceiveTextDeps & {
    store: {
      report(
        text: { provider: string; id: string },
        status: 'sent' | 'delivered' | 'failed',
        error: string | null,
        now: Date,
      ): Promise<boolean | null>;
    };
    database: Pick<Database<SqlTx>, 'pool'>;
    /** Secrets of the provider's webhook. Without one only the mock provider is believed. */
    webhookSecrets: readonly string[];
  };

const sendBody = z.object({
  to: z.string().min(1).max(40),
  body: z
    .string()
    .max(maxBodyCharacters)
    .refine((body) => body.trim() !== '', 'Send a text that is not empty.'),
  deal_id: z.uuid().toLowerCase().optional(),
  category: z.enum(['transactional', 'marketing']).default('transactional'),
});

const id = z.union([z.string().min(1).max(200), z.number().transform(String)]);
const webhookBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('inbound'),
    from: z.string().max(40),
    text: z.string().max(10_000),
    to: z.string().max(40).nullish(),
    id: id.nullish(),
  }),
  z.object({
    type: z.literal('status'),
    message_id: id,
    status: z.string().max(40),
    error: z.string().max(1000).nullish(),
  }),
]);

/** What providers call the states of a text; a state that is not here changes nothing. */
const reported: Readonly<Record<string, 'sent' | 'delivered' | 'failed'>> = {
  sent: 'sent',
  delivered: 'delivered',
  failed: 'failed',
  undelivered: 'failed',
  rejected: 'failed',
};

/** Texts out and texts in. */
export function smsRoutes(deps: SmsRoutesDeps): Handlers {
  return {
    'POST /api/sms/cherry/send': async (req, res) => {
      const { to, body, deal_id: dealId, category } = sendBody.parse(req.body);
      await runCommand<SqlTx, Message>(req, res, { database: deps.database, show: showMessage }, (command) =>
        sendText(deps, command, { to, body, dealId, category }),
      );
    },
    'POST /api/sms/cherry/webhook': async (req, res) => {
      const raw = rawBodyOf(req);
      const believed =
        deps.webhookSecrets.length > 0
          ? verifies(deps.webhookSecrets, raw, req.get('x-cherry-signature'))
          : deps.provider.name === 'mock';
      if (!believed)
        throw new DomainError(
          INVALID_SIGNATURE,
          'X-Cherry-Signature is not the HMAC-SHA256 of this body under the webhook secret.',
        );
      const event = webhookBody.parse(readJson(raw));
      if (event.type === 'inbound') {
        const inbound = {
          from: event.from,
          to: event.to ?? null,
          text: event.text,
          providerMessageId: event.id ?? null,
        };
        res.json({ ok: true, action: await receiveText(deps, inbound) });
        return;
      }
      const status = reported[event.status.toLowerCase()];
      const moved =
        status === undefined
          ? false
          : await deps.store.report(
              { provider: deps.provider.name, id: event.message_id },
              status,
              event.error ?? null,
              deps.clock(),
            );
      res.json({
        ok: true,
        action: moved === false && status !== undefined ? 'duplicate' : 'status',
        ...(moved === null ? { matched: false } : {}),
      });
    },
  };
}

function showMessage({ id, status, number, body, segments, encoding }: Message) {
  return { body: { message_id: id, status, to: number, body, segments, encoding } };
}
