import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { DataOf, Envelope, EventContract } from '../contracts/event.ts';
import type { SqlTx } from './database.ts';
import { factsClaimOf, noteFacts } from './facts-claim.ts';
import { awaitInCommit } from './later.ts';
import { forgetObserved, noteObserved, observedIn } from './observed.ts';
import { laneOf, type OutboxRow } from './outbox-rows.ts';
import { currentRequest } from './request-context.ts';

/** Something that has happened, before it has an id, a sequence and a time. Make one with `fact`. */
export type Fact = {
  readonly contract: EventContract;
  /** The deal, or the thing the fact is about when there is no deal. */
  readonly subject: string;
  readonly dealId?: string | undefined;
  readonly merchantId?: string | undefined;
  readonly data: Record<string, unknown>;
};

/** A fact about a deal (or, with `subject`, about something else); data that the contract does not allow does not compile. */
export function fact<C extends EventContract>(
  contract: C,
  about:
    | { dealId: string; merchantId?: string | undefined }
    | { subject: string; dealId?: string; merchantId?: string },
  data: DataOf<C>,
): Fact {
  const subject = 'subject' in about ? about.subject : about.dealId;
  // The generic contract cannot prove that its own data is a record; every contract's data is a zod object.
  return {
    contract,
    subject,
    dealId: about.dealId,
    merchantId: about.merchantId,
    data: data as Record<string, unknown>,
  };
}

/**
 * Notes that an event of `subject` at `time` is known here, so that whatever is announced next about it is dated later.
 * Called with the times that questions and consumed events bring. Stored at the latest when `tx` commits.
 */
export async function observe(tx: SqlTx, tenantId: string, subject: string, time: string): Promise<void> {
  const timeMs = Date.parse(time);
  if (Number.isNaN(timeMs)) throw new Error(`not a time: ${time}`);
  noteObserved(tx, { tenantId, subject, timeMs });
}

/** The newest time of any event of `subject` known here, or null when there is none. */
export async function lastTime(tx: SqlTx, tenantId: string, subject: string): Promise<string | null> {
  const rows = await tx.$queryRaw<{ last_time: Date }[]>`
    SELECT last_time FROM outbox_clock WHERE tenant_id = ${tenantId} AND subject = ${subject}`;
  const known = [rows[0]?.last_time.getTime(), observedIn(tx, tenantId, subject)].filter((time) => time !== undefined);
  return known.length === 0 ? null : new Date(Math.max(...known)).toISOString();
}

/**
 * Writes facts to the outbox in the effect's own transaction, all by one statement. The subject's clock row is locked until
 * commit, so sequences have no gaps and follow the order of commits; times are at least a millisecond apart and later than
 * all that was observed. Gives the facts' ids, which say nothing of whether they are written yet: statements that come later
 * see them. Throws when data does not satisfy its contract.
 */
export async function writeFacts(
  tx: SqlTx,
  { tenantId, now }: { tenantId: string; now: Date },
  facts: readonly Fact[],
): Promise<string[]> {
  if (facts.length === 0) return [];
  const drafts = facts.map((each) => draftOf(tenantId, uuidv7(), each));
  await awaitInCommit(tx, place(tx, { tenantId, now }, drafts));
  return drafts.map(({ id }) => id);
}

type Draft = Omit<Envelope, 'sequence' | 'time'>;

/** What is complete but for its place. Throws when data does not satisfy its contract. */
export function draftOf(tenantId: string, id: string, { contract, subject, dealId, merchantId, data }: Fact): Draft {
  const traceparent = currentRequest()?.traceparent;
  return {
    specversion: '1.0',
    id,
    source: contract.publisher,
    type: contract.type,
    subject,
    datacontenttype: 'application/json',
    dataversion: contract.version,
    tenantid: tenantId,
    ...(dealId === undefined ? {} : { dealid: dealId }),
    ...(merchantId === undefined ? {} : { merchantid: merchantId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: checkData(contract, data),
  };
}

async function place(
  tx: SqlTx,
  { tenantId, now }: { tenantId: string; now: Date },
  drafts: readonly Draft[],
): Promise<void> {
  const earliest = drafts.map(({ subject }) => {
    const observedMs = observedIn(tx, tenantId, subject);
    return new Date(Math.max(now.getTime(), observedMs === undefined ? 0 : observedMs + 1)).toISOString();
  });
  // What is observed from here on is newer than these.
  for (const { subject } of drafts) forgetObserved(tx, tenantId, subject);
  const placed = await insertDrafts(tx, tenantId, drafts, earliest);
  const envelopes = drafts.map((draft) => {
    const place = placed.get(draft.id);
    if (place === undefined) throw new Error('the outbox clock gave no sequence');
    return { claimed: place.claimed, envelope: { ...draft, sequence: place.sequence, time: place.time } };
  });
  noteFacts(tx, {
    claimed: envelopes.filter(({ claimed }) => claimed).map(({ envelope }) => claimedRow(envelope)),
    open: envelopes.some(({ claimed }) => !claimed),
  });
}

/** A row that the relay of this process has claimed as it was written. */
export function claimedRow(envelope: Envelope): OutboxRow {
  const { id, type } = envelope;
  const lane = laneOf(envelope.tenantid, envelope.subject);
  return { id, lane, type, envelope: JSON.stringify(envelope), attempts: 1, republished: 0 };
}

type Placed = { sequence: number; time: string; claimed: boolean };

/**
 * Writes what is complete but for its place among its subject's events, which the clock gives. The relay of this process
 * has claimed it at once, unless the event before waits for somebody else: then it waits behind it.
 */
async function insertDrafts(
  tx: SqlTx,
  tenantId: string,
  drafts: readonly Draft[],
  earliest: readonly string[],
): Promise<Map<string, Placed>> {
  const { relayId, leaseMs } = factsClaimOf(tx) ?? { relayId: null, leaseMs: 0 };
  const rows = await tx.$queryRaw<{ id: string; sequence: bigint; time: string; claimed: boolean }[]>`
    WITH draft AS (
      SELECT *, row_number() OVER (PARTITION BY subject ORDER BY at) AS nth, count(*) OVER (PARTITION BY subject) AS many
      FROM unnest(
        ${drafts.map(({ id }) => id)}::uuid[], ${drafts.map(({ subject }) => subject)}::text[],
        ${drafts.map(({ type }) => type)}::text[], ${drafts.map((draft) => JSON.stringify(draft))}::text[],
        ${earliest}::text[]
      ) WITH ORDINALITY AS given (id, subject, type, envelope, earliest, at)
    ), clock AS (
      INSERT INTO outbox_clock (tenant_id, subject, last_sequence, last_time)
      SELECT ${tenantId}, subject, many, earliest::timestamptz + (many - 1) * interval '1 millisecond'
      FROM draft WHERE nth = 1 ORDER BY subject
      ON CONFLICT (tenant_id, subject) DO UPDATE SET
        last_sequence = outbox_clock.last_sequence + excluded.last_sequence,
        last_time = greatest(
          excluded.last_time, outbox_clock.last_time + excluded.last_sequence * interval '1 millisecond')
      RETURNING subject, last_sequence, last_time
    ), placed AS (
      SELECT draft.*, last_sequence - many + nth AS sequence, to_char(
        (last_time - (many - nth) * interval '1 millisecond') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
        CASE WHEN last_sequence = many OR (
          -- Not EXISTS, for which the server may read the whole table.
          SELECT o.published_at IS NOT NULL OR o.leased_by = ${relayId}::uuid FROM outbox o
          WHERE o.tenant_id = ${tenantId} AND o.subject = draft.subject AND o.sequence = last_sequence - many
        ) THEN ${relayId}::uuid END AS relay_id
      FROM draft JOIN clock USING (subject)
    )
    INSERT INTO outbox (id, tenant_id, subject, sequence, type, envelope, attempts, leased_by, leased_until)
    SELECT id, ${tenantId}, subject, sequence, type,
      envelope::jsonb || jsonb_build_object('sequence', sequence, 'time', time),
      CASE WHEN relay_id IS NULL THEN 0 ELSE 1 END, relay_id,
      CASE WHEN relay_id IS NOT NULL THEN now() + ${leaseMs}::int * interval '1 millisecond' END
    FROM placed ORDER BY at
    RETURNING id, sequence, envelope->>'time' AS time, leased_by IS NOT NULL AS claimed`;
  return new Map(rows.map(({ id, sequence, ...place }) => [id, { ...place, sequence: Number(sequence) }]));
}

/** Publishing is strict. What it refuses is our mistake, never the caller's: it must not look like a bad request. */
function checkData(contract: EventContract, data: Record<string, unknown>): Record<string, unknown> {
  const parsed = strictOf(contract).safeParse(data);
  if (parsed.success) return parsed.data;
  throw new Error(`${contract.type} does not allow this data: ${z.prettifyError(parsed.error)}`);
}

const strict = new WeakMap<EventContract, z.ZodObject>();

/** Made once per contract: zod compiles each schema it meets. */
function strictOf(contract: EventContract): z.ZodObject {
  const made = strict.get(contract) ?? contract.data.strict();
  strict.set(contract, made);
  return made;
}
