import { v7 as uuidv7 } from 'uuid';
import { type Keyword, keywordOf } from '../domain/keywords.ts';
import { measure, numberOf, senderOf } from '../domain/message.ts';
import type { SmsProvider } from '../domain/sms-provider.ts';
import type { BlockChange, Conversation, Message, NewInbound, NewMessage } from '../domain/text.ts';
import { turnOf } from './send-text.ts';

export type ReceiveTextDeps = {
  store: {
    conversationOf(number: string, sender: string | null): Promise<Conversation | null>;
    tenantsWithConsentOf(number: string): Promise<string[]>;
    receive(
      inbound: NewInbound,
      change: BlockChange,
      reply: (changed: boolean) => NewMessage | null,
      now: Date,
    ): Promise<{ reply: Message | null } | null>;
    followKeyword(tenantId: string, number: string, keyword: 'STOP' | 'START', now: Date): Promise<void>;
    blocked(tenantId: string, number: string, sender: string | null): Promise<boolean>;
  };
  provider: SmsProvider;
  /** The tenant that owns one of our numbers. */
  ownerOf(sender: string): string | null;
  /** Whose texts are those that belong to nobody else. */
  fallbackTenantId: string;
  /** Runs work that nobody else runs under this name at the same time. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** The name that our own texts give. */
  senderName: string;
  /** Told of a stored reply, which then goes out on its own. */
  onReply(): void;
  clock: () => Date;
};

export type InboundText = { from: string; to: string | null; text: string; providerMessageId: string | null };

/** What an inbound text did. */
export type InboundAction = 'opted_out' | 'opted_in' | 'help' | 'received' | 'duplicate';

/**
 * Takes in a text from a merchant. A STOP is in force when this resolves, for every tenant on the number it was sent to;
 * one confirmation goes out afterwards (47 CFR 64.1200(a)(12)), none for a STOP that was in force already.
 */
export async function receiveText(deps: ReceiveTextDeps, input: InboundText): Promise<InboundAction> {
  const now = deps.clock();
  const number = numberOf(input.from);
  const sender = input.to === null ? null : senderOf(input.to);
  const owner = sender === null ? null : deps.ownerOf(sender);
  const conversation = await deps.store.conversationOf(number, sender);
  const tenantId = owner ?? conversation?.tenantId ?? deps.fallbackTenantId;
  const about: Conversation =
    conversation?.tenantId === tenantId ? conversation : { tenantId, dealId: null, merchantId: null };
  const said = keywordOf(input.text);
  // YES answers many questions; it is a START only from somebody who had said STOP.
  const keyword = said === 'yes' ? ((await deps.store.blocked(tenantId, number, sender)) ? 'start' : null) : said;
  const action = actionOf(keyword);
  const inbound = {
    id: uuidv7(),
    ...about,
    number,
    sender,
    body: input.text,
    ...measure(input.text),
    provider: deps.provider.name,
    providerMessageId: input.providerMessageId,
    action,
  };
  const change =
    keyword === 'stop'
      ? ({ kind: 'block', keyword: 'STOP' } as const)
      : keyword === 'start'
        ? ({ kind: 'unblock', everyone: sender === null } as const)
        : ({ kind: 'none' } as const);
  const receive = () =>
    deps.store.receive(
      inbound,
      change,
      (changed) => replyTo(deps, keyword, changed, { ...about, number, sender }),
      now,
    );
  // In the number's turn: a text that is just being sent goes out before the STOP is answered, none after.
  const stored = await (keyword === 'stop' ? deps.exclusively(turnOf(number), receive) : receive());
  await tellOthers(deps, { tenantId, number, sender }, keyword, now);
  if (stored === null) return 'duplicate';
  if (stored.reply !== null) deps.onReply();
  return action;
}

/** Other tenants' consents follow. Also when the text was reported before: the process may have died between. */
async function tellOthers(
  deps: ReceiveTextDeps,
  { tenantId, number, sender }: { tenantId: string; number: string; sender: string | null },
  keyword: Keyword | null,
  now: Date,
): Promise<void> {
  const isForAll = keyword === 'stop' || (keyword === 'start' && sender === null);
  if (!isForAll) return;
  for (const other of await deps.store.tenantsWithConsentOf(number)) {
    if (other === tenantId) continue;
    // What is in force decides: a STOP that is reported again after a START must not take back what the START gave.
    const isBlocked = await deps.store.blocked(other, number, sender);
    if (isBlocked === (keyword === 'stop')) {
      await deps.store.followKeyword(other, number, isBlocked ? 'STOP' : 'START', now);
    }
  }
}

function actionOf(keyword: Keyword | null): InboundAction {
  if (keyword === 'stop') return 'opted_out';
  if (keyword === 'start') return 'opted_in';
  return keyword === 'help' ? 'help' : 'received';
}

type ReplyTo = Conversation & { number: string; sender: string | null };

/** Our own answer to a keyword: who we are and how to undo it; nothing that sells (64.1200(a)(12)). */
function replyTo(deps: ReceiveTextDeps, keyword: Keyword | null, changed: boolean, to: ReplyTo): NewMessage | null {
  const name = deps.senderName;
  if (keyword === 'stop') {
    return changed
      ? reply(
          deps,
          to,
          'stop-confirmation',
          `${name}: You are unsubscribed and will get no more texts. Reply START to get texts again.`,
        )
      : null;
  }
  if (keyword === 'start') {
    return changed
      ? reply(
          deps,
          to,
          'start-confirmation',
          `${name}: You will get texts again. Reply HELP for help, STOP to opt out.`,
        )
      : null;
  }
  return keyword === 'help'
    ? reply(
        deps,
        to,
        'help',
        `${name}: Texts about your funding application. Ask your broker for more. Reply STOP to opt out.`,
      )
    : null;
}

function reply(
  deps: ReceiveTextDeps,
  to: ReplyTo,
  purpose: Exclude<NewMessage['purpose'], 'api'>,
  body: string,
): NewMessage {
  return {
    id: uuidv7(),
    ...to,
    category: 'transactional',
    body,
    ...measure(body),
    purpose,
    provider: deps.provider.name,
    commandRef: null,
  };
}
