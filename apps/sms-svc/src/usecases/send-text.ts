import { DomainError } from '@uw-wizard/shared/errors';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { v7 as uuidv7 } from 'uuid';
import { CONSENT_MISSING, RATE_LIMITED, RECIPIENT_OPTED_OUT, SMS_PROVIDER_FAILED } from '../domain/errors.ts';
import { type Category, measure, toE164, withFooter } from '../domain/message.ts';
import type { SmsProvider } from '../domain/sms-provider.ts';
import type { Message, NewMessage, SendingRules } from '../domain/text.ts';

export type SendTextDeps = DeliverTextDeps & {
  store: {
    intend(
      message: NewMessage,
      dealTime: string | null,
      decide: (rules: SendingRules) => void,
      now: Date,
    ): Promise<Message>;
    recordSent(command: Command<Message>, id: string, providerMessageId: string, now: Date): Promise<RecordedAnswer>;
  };
  /** Asks the deal's owner; throws deal-not-found. */
  findDeal(tenantId: string, dealId: string): Promise<{ merchantId: string; dealTime: string }>;
  /** The number texts come from, or null when the provider picks one. */
  sender: string | null;
  /** Runs work that nobody else runs under this name at the same time. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  limits: { tenantPerMinute: number; recipientPerHour: number };
};

export type SendText = { to: string; body: string; dealId: string | undefined; category: Category };

/**
 * Texts a merchant: the intent is stored, the provider asked, the result stored. A repeat of the call goes on where the
 * first one ended, and asks the provider what it knows before anything is sent again. Throws invalid-phone,
 * deal-not-found, recipient-opted-out, consent-missing, rate-limited, sms-provider-failed.
 */
export async function sendText(
  deps: SendTextDeps,
  command: Command<Message>,
  input: SendText,
): Promise<RecordedAnswer> {
  const number = toE164(input.to);
  // Whoever repeats the call at the same time waits, and then finds what was done. A STOP of this number waits too, and
  // once it is answered nothing is on its way.
  return deps.exclusively(turnOf(number), () => sendOnce(deps, command, { ...input, number }));
}

/** The name under which texts to a number, and its STOPs, take turns. */
export function turnOf(number: string): string {
  return `number:${number}`;
}

async function sendOnce(
  deps: SendTextDeps,
  command: Command<Message>,
  input: SendText & { number: string },
): Promise<RecordedAnswer> {
  const tenantId = command.identity.tenant;
  const { number } = input;
  const body = withFooter(input.body);
  const deal = input.dealId === undefined ? null : await deps.findDeal(tenantId, input.dealId);
  const message = await deps.store.intend(
    {
      id: uuidv7(),
      tenantId,
      dealId: input.dealId ?? null,
      merchantId: deal?.merchantId ?? null,
      category: input.category,
      number,
      sender: deps.sender,
      body,
      ...measure(body),
      purpose: 'api',
      provider: deps.provider.name,
      commandRef: command.ref,
    },
    deal?.dealTime ?? null,
    (rules) => permit(rules, input.category, deps.limits),
    deps.clock(),
  );
  if (message.providerMessageId !== null)
    return deps.store.recordSent(command, message.id, message.providerMessageId, deps.clock());
  const providerMessageId = await deliverText(deps, message);
  return deps.store.recordSent(command, message.id, providerMessageId, deps.clock());
}

function permit(rules: SendingRules, category: Category, limits: SendTextDeps['limits']): void {
  if (rules.blocked) throw optedOut();
  if (category === 'marketing' && !rules.marketingConsent) {
    throw new DomainError(
      CONSENT_MISSING,
      "Marketing texts need the recipient's consent. Record it first, or send a transactional text.",
    );
  }
  if (rules.tenantLastMinute >= limits.tenantPerMinute) {
    throw new DomainError(RATE_LIMITED, `At most ${limits.tenantPerMinute} texts a minute may be sent.`, {
      retryAfterSeconds: 60,
    });
  }
  if (rules.recipientLastHour >= limits.recipientPerHour) {
    throw new DomainError(RATE_LIMITED, `At most ${limits.recipientPerHour} texts an hour may go to one number.`, {
      retryAfterSeconds: 3600,
    });
  }
}

function optedOut(): DomainError {
  return new DomainError(RECIPIENT_OPTED_OUT, 'The recipient said STOP. Only a START from the same number lifts it.');
}

export type DeliverTextDeps = {
  store: {
    blocked(tenantId: string, number: string, sender: string | null): Promise<boolean>;
    recordRefused(message: Message, error: string, now: Date): Promise<void>;
  };
  provider: SmsProvider;
  clock: () => Date;
};

/**
 * Gives an intended text to the provider, once: what the provider has already is not sent again. Called in the number's
 * turn. Returns the provider's id. Throws recipient-opted-out, sms-provider-failed.
 */
export async function deliverText(deps: DeliverTextDeps, message: Message): Promise<string> {
  const { id: reference, tenantId, number, sender, body, purpose } = message;
  const known = await deps.provider.find(reference).catch(providerFailed);
  if (known !== null) return known.providerMessageId;
  // A STOP may have come since the intent. Our own answers to STOP and HELP go out all the same.
  if (purpose === 'api' && (await deps.store.blocked(tenantId, number, sender))) {
    await deps.store.recordRefused(message, RECIPIENT_OPTED_OUT.code, deps.clock());
    throw optedOut();
  }
  const { providerMessageId } = await deps.provider.send({ reference, sender, number, body }).catch(providerFailed);
  return providerMessageId;
}

function providerFailed(cause: unknown): never {
  const detail = 'The provider did not take the text. Send the same call again: it is sent once.';
  throw new DomainError(SMS_PROVIDER_FAILED, detail, { cause });
}
