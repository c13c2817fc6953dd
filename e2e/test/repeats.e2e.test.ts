import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import type { Reply } from '../flow/client.ts';
import { type FlowCall, flowCalls, type Known } from '../flow/flow-calls.ts';
import { makeCall, untilSigned } from '../flow/steps.ts';
import { untilTold } from '../flow/timeline.ts';
import { censusFaults, oneOfEverything, takeCensus } from '../house/census.ts';
import { filesOnDisk } from '../house/files-on-disk.ts';
import { stillUnderWay } from '../house/settled.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';
import { multipart } from './multipart.ts';

// Many repeats at once are what is tested here, not how many calls a second one may make.
const here = houseOfFile({ RATE_LIMIT_KEY_PER_SECOND: '0', RATE_LIMIT_ADDRESS_PER_SECOND: '0' });

const atOnce = 50;

function expectSameAnswer(reply: Reply, first: Reply): void {
  expect(reply.status).toBe(first.status);
  expect(reply.headers.get('content-type')).toBe(first.headers.get('content-type'));
  expect(reply.bytes.equals(first.bytes)).toBe(true);
}

/** Makes the call fifty times at once; gives the one answer that all got who did not come while it still ran. */
async function fiftyAtOnce(call: FlowCall, known: Known, key: string): Promise<Reply> {
  const { client } = here.house;
  const replies = (await Promise.all(Array.from({ length: atOnce }, () => makeCall(client, call, { known, key })))).map(
    ({ reply }) => reply,
  );
  const done = replies.filter(({ status }) => status === 200);
  const [first] = done;
  if (first === undefined) throw new Error(`none of ${atOnce} calls was done: ${replies[0]?.text}`);
  for (const reply of done) expectSameAnswer(reply, first);
  for (const reply of replies.filter(({ status }) => status !== 200)) {
    expect(reply).toMatchObject({ status: 409, body: { code: 'idempotency-in-progress' } });
    expect(reply.headers.get('retry-after')).toBe('1');
  }
  expect(done.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
  return first;
}

test('every call of the flow, fifty times at once and again later with one key, happens once and is answered with the same bytes, also after a restart', async () => {
  const flow = await newMerchant();
  const keyed = flowCalls(flow).filter(({ name }) => name !== 'sign');
  const known: Known = { dealId: '', merchantId: '', offerId: '', envelopeId: '' };
  const answers = new Map<FlowCall, Reply>();
  const expectReplay = async (call: FlowCall) => {
    const first = answers.get(call);
    const { reply } = await makeCall(here.house.client, call, { known, key: `${flow.key}-${call.name}` });
    if (first === undefined) throw new Error(`${call.name} has no answer yet`);
    expectSameAnswer(reply, first);
    expect(reply.headers.get('idempotent-replayed')).toBe('true');
  };

  for (const call of keyed) {
    const first = await fiftyAtOnce(call, known, `${flow.key}-${call.name}`);
    expect(call.check(first)).toBeNull();
    Object.assign(known, call.learn?.(first));
    answers.set(call, first);
    await expectReplay(call);
  }
  for (const call of keyed) await expectReplay(call);
  await here.startAnew();
  for (const call of keyed) await expectReplay(call);

  const { client, dataDir, target } = here.house;
  await client.call('POST', `/mock/envelopes/${known.envelopeId}/sign`, { key: null });
  await untilSigned(client, known.dealId);
  await untilTold(client, known.dealId);
  const about = { tenantId: target.tenantId, dealId: known.dealId };
  await eventually(async () => expect(await stillUnderWay(here.books, about)).toEqual([]));
  const census = await takeCensus(here.books, {
    ...about,
    legalName: flow.merchant.legalName,
    countFiles: filesOnDisk(dataDir),
  });
  const untexted = { texts: 0, "texts in the provider's ledger": 0, 'sms.sent in the timeline': 0 };
  expect(censusFaults(census, { ...oneOfEverything, ...untexted })).toEqual([]);
});

test('a text sent fifty times at once with one key is one text', async () => {
  const { client } = here.house;
  const json = { to: '+12125550142', body: 'Once is enough' };
  const send = () => client.call('POST', '/api/sms/cherry/send', { key: 'one-text', json });
  const replies = await Promise.all(Array.from({ length: atOnce }, send));

  expect(new Set(replies.filter(({ status }) => status === 200).map(({ text }) => text)).size).toBe(1);
  expect(new Set(replies.map(({ status }) => status))).toSatisfy((seen: Set<number>) =>
    [...seen].every((status) => status === 200 || status === 409),
  );
  const rows = await here.books.query('sms', 'SELECT 1 FROM mock_messages WHERE number = $1', [json.to]);
  expect(rows).toHaveLength(1);
  expect((await send()).headers.get('idempotent-replayed')).toBe('true');
});

test('a key that comes with another body or another query is refused, and does nothing', async () => {
  const { client } = here.house;
  const flow = await newMerchant();
  const known: Known = { dealId: '', merchantId: '', offerId: '', envelopeId: '' };
  for (const call of flowCalls(flow).filter(({ name }) => name !== 'sign')) {
    const key = `other-${flow.key}-${call.name}`;
    const { method, path, options } = call.request(known);
    const first = await client.call(method, path, { key, ...options });
    expect(first.status).toBe(200);
    Object.assign(known, call.learn?.(first));
    const others = [
      { ...options, query: { ...options.query, other: 'yes' } },
      ...(options.json === undefined ? [] : [{ ...options, json: { ...Object(options.json), other: 'yes' } }]),
      ...(options.files === undefined ? [] : [{ ...options, files: options.files.toReversed() }]),
    ];
    for (const other of others) {
      const reply = await client.call(method, path, { key, ...other });
      expect(reply).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    }
  }
});

test('the same files under the same key and a new multipart boundary are a replay', async () => {
  const { client } = here.house;
  const flow = await newMerchant();
  const { dealId, merchantId } = await start(flow.key, flow.merchant.start);
  const upload = (boundary: string) =>
    client.call('POST', '/api/documents/bank/upload', {
      key: `${flow.key}-upload`,
      query: { deal_id: dealId, merchant_id: merchantId },
      raw: multipart(boundary, flow.statements),
    });

  const first = await upload('one-boundary');
  expect(first.status).toBe(200);
  const second = await upload('quite-another-boundary-1234567890');
  expectSameAnswer(second, first);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
});

test('a quoted key and an unquoted one are the same key', async () => {
  const { client } = here.house;
  const { merchant } = await newMerchant();
  const startWith = (key: string) =>
    client.call('POST', '/api/deals/start', { key, json: { merchant: merchant.start } });
  const first = await startWith('quoted-or-not');
  expectSameAnswer(await startWith('"quoted-or-not"'), first);
});

test('a call that was refused is looked at again when it is repeated with its key', async () => {
  const { client } = here.house;
  const flow = await newMerchant();
  const { dealId } = await start(flow.key, flow.merchant.start);
  const accept = () => client.call('POST', `/api/deals/${dealId}/accept`, { key: `${flow.key}-early`, json: {} });

  expect(await accept()).toMatchObject({ status: 409, body: { code: 'offer-missing' } });
  const known: Known = { dealId, merchantId: '', offerId: '', envelopeId: '' };
  for (const call of flowCalls(flow).slice(0, 4)) {
    const step = await makeCall(client, call, { known, key: `${flow.key}-again-${call.name}` });
    expect(step.wrong).toBeNull();
    Object.assign(known, call.learn?.(step.reply));
  }
  expect(await accept()).toMatchObject({ status: 200, body: { status: 'accepted' } });
});

async function start(key: string, merchant: unknown): Promise<{ dealId: string; merchantId: string }> {
  const { body } = await here.house.client.call('POST', '/api/deals/start', {
    key: `${key}-start`,
    json: { merchant },
  });
  return { dealId: body.deal_id, merchantId: body.merchant_id };
}
