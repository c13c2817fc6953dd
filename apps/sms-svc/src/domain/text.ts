import type { Category, MessageStatus } from './message.ts';

/** Why one of our texts exists: a call of the API, or our answer to a keyword. */
export type Purpose = 'api' | 'stop-confirmation' | 'start-confirmation' | 'help';

/** A text, out or in, as it is kept. */
export type Message = {
  readonly id: string;
  readonly tenantId: string;
  readonly dealId: string | null;
  readonly merchantId: string | null;
  readonly category: Category;
  /** The merchant's number, E.164. */
  readonly number: string;
  /** Our number, E.164; null when the provider picks or does not say. */
  readonly sender: string | null;
  readonly body: string;
  readonly segments: number;
  readonly encoding: string;
  readonly status: MessageStatus;
  /** A `Purpose`; an inbound text has `api`. */
  readonly purpose: string;
  readonly providerMessageId: string | null;
  /** The same for every repeat of the call that asked for this text; null for our own answers. */
  readonly commandRef: string | null;
  readonly createdAt: Date;
};

/** A text that is about to be stored. */
export type NewMessage = {
  id: string;
  tenantId: string;
  dealId: string | null;
  merchantId: string | null;
  category: Category;
  number: string;
  sender: string | null;
  body: string;
  segments: number;
  encoding: string;
  purpose: Purpose;
  provider: string;
  commandRef: string | null;
};

/** What has to be true at the moment a text is meant: read in the transaction that stores the intent. */
export type SendingRules = {
  readonly blocked: boolean;
  readonly marketingConsent: boolean;
  readonly tenantLastMinute: number;
  readonly recipientLastHour: number;
};

/** Who a number belongs to: the deal it was last texted about. */
export type Conversation = { tenantId: string; dealId: string | null; merchantId: string | null };

/** An inbound text that is about to be stored. */
export type NewInbound = Omit<NewMessage, 'purpose' | 'commandRef' | 'category'> & {
  providerMessageId: string | null;
  action: string;
};

/** What an inbound text changes about who may be texted. */
export type BlockChange =
  | { kind: 'block'; keyword: string }
  | { kind: 'unblock'; everyone: boolean }
  | { kind: 'none' };
