import { dealDeleted, dealStatusChanged } from '@uw-wizard/shared/contracts/deals';
import type { EventContract } from '@uw-wizard/shared/contracts/event';
import { eventually } from '@uw-wizard/testkit/eventually';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeProvider } from './fake-provider.ts';
import { type FakeDeal, type Harness, startHarness } from './harness.ts';

let house: Harness;

beforeEach(async () => {
  house = await startHarness({ providerTimeoutMs: 1_000 });
});
afterEach(() => house.stop());

const jane = 'jane@merchant.example';

/** What deals-svc announces about a deal. */
function announce(deal: FakeDeal, contract: EventContract, data: Record<string, unknown>, sequence = 1) {
  const id = uuidv7();
  const envelope = {
    specversion: '1.0',
    id,
    source: 'deals-svc',
    type: contract.type,
    time: new Date().toISOString(),
    subject: deal.dealId,
    datacontenttype: 'application/json',
    dataversion: contract.version,
    tenantid: deal.tenantId,
    dealid: deal.dealId,
    merchantid: deal.merchantId,
    sequence,
    data,
  };
  return house.bus.publish({ stream: 'deals-svc', subject: contract.type, id, body: JSON.stringify(envelope) });
}
const endings: [string, EventContract, Record<string, unknown>, string][] = [
  ['declined', dealStatusChanged, { from: 'accepted', to: 'declined' }, 'the deal was declined'],
  ['closed', dealStatusChanged, { from: 'accepted', to: 'closed' }, 'the deal was closed'],
  ['deleted', dealDeleted, {}, 'the deal was deleted'],
];

describe('a deal that ends while its agreement is out', () => {
  test.each(endings)(
    '%s: the envelope is taken back at the provider, and that is announced once',
    async (_name, contract, data, reason) => {
      const desk = await house.replica();
      const deal = house.addDeal();
      const sent = await desk.send(deal, jane);
      await announce(deal, contract, data);
      await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('voided'));
      expect(await house.facts('sign.voided', deal.dealId)).toMatchObject([
        { data: { envelope_id: sent.body.envelope_id, provider: 'mock', reason } },
      ]);
      expect(
        await house.db.query('SELECT status, void_reason FROM mock_envelopes WHERE deal_id = $1', [deal.dealId]),
      ).toEqual([{ status: 'voided', void_reason: reason }]);
    },
  );

  test('another step of the deal leaves the envelope alone', async () => {
    const desk = await house.replica();
    const deal = house.addDeal();
    await desk.send(deal, jane);
    await announce(deal, dealStatusChanged, { from: 'offer', to: 'accepted' });
    await announce(deal, dealStatusChanged, { from: 'accepted', to: 'signed' }, 2);
    const cursor = 'SELECT last_sequence::int AS at FROM inbox_cursor WHERE subject = $1';
    await eventually(async () => expect(await house.db.query(cursor, [deal.dealId])).toEqual([{ at: 2 }]));
    expect(await house.db.query('SELECT void_reason FROM envelopes WHERE deal_id = $1', [deal.dealId])).toEqual([
      { void_reason: null },
    ]);
  });

  test('a provider that is away is tried again', async () => {
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const deal = house.addDeal();
    await desk.send(deal, jane);
    company.moods.void = 'away';
    await announce(deal, dealDeleted, {});
    await eventually(() => expect(company.calls).toContain('void'));
    expect((await house.envelopeOf(deal))?.state).toBe('sent');
    company.moods.void = 'well';
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('voided'));
    expect(await house.facts('sign.voided', deal.dealId)).toHaveLength(1);
  });

  test('people are told, once, of an envelope that its provider does not take back', async () => {
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const deal = house.addDeal();
    await desk.send(deal, jane);
    company.moods.void = 'refuses';
    await announce(deal, dealDeleted, {});
    await eventually(() => expect(company.calls).toContain('void'));
    await house.hurryTo(deal, 9);
    await eventually(async () => expect(await house.facts('sign.alerted', deal.dealId)).toHaveLength(1));
    await house.hurryTo(deal, 10);
    const calls = company.calls.length;
    await eventually(() => expect(company.calls.length).toBeGreaterThan(calls + 1));
    await eventually(async () =>
      expect(await house.db.query('SELECT step_attempts, claimed_by FROM envelopes')).toEqual([
        { step_attempts: 11, claimed_by: null },
      ]),
    );
    expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([{ data: { code: 'envelope-not-voided' } }]);
  });

  test('a signature that was faster is kept instead', async () => {
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const deal = house.addDeal();
    await desk.send(deal, jane);
    for (const id of company.ledger.keys()) company.move(id, 'signed');
    await announce(deal, dealStatusChanged, { from: 'accepted', to: 'declined' });
    await eventually(async () => expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1));
    expect(await house.facts('sign.voided', deal.dealId)).toEqual([]);
    expect(company.calls).not.toContain('void');
  });

  test('an envelope whose sending never got through is let go without a call', async () => {
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const deal = house.addDeal();
    company.moods.send = 'away';
    await desk.send(deal, jane);
    await announce(deal, dealDeleted, {});
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('failed'));
    expect(company.calls).not.toContain('void');
    expect(await house.facts('sign.alerted', deal.dealId)).toEqual([]);
  });

  test('a deal that comes back is sent in a new envelope', async () => {
    const desk = await house.replica();
    const deal = house.addDeal();
    const first = await desk.send(deal, jane);
    await announce(deal, dealDeleted, {});
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('voided'));
    const second = await desk.send(deal, jane);
    expect(second.status).toBe(200);
    expect(second.body.envelope_id).not.toBe(first.body.envelope_id);
    expect(await house.ledgerCount(deal)).toBe(2);
  });

  test.each([
    ['was refused by the provider', 'refuses', null],
    ['died once the terms were reserved for it', 'well', 'the process dies here'],
  ] as const)('a deal that comes back is sent although its first send %s', async (_name, mood, death) => {
    const company = createFakeProvider();
    const first = await house.replica({ provider: company.provider });
    const deal = house.addDeal();
    company.moods.send = mood;
    deal.meanwhile = async () => {
      delete deal.meanwhile;
      if (death !== null) throw new Error(death);
    };
    expect((await first.send(deal, jane)).status).toBeGreaterThanOrEqual(500);
    company.moods.send = 'well';
    await announce(deal, dealDeleted, {});
    await eventually(async () =>
      expect(await house.db.query('SELECT 1 FROM inbox WHERE subject = $1', [deal.dealId])).toHaveLength(1),
    );
    deal.refusal = { code: 'deal-not-found', status: 404 };
    expect((await first.send(deal, jane)).status).toBe(404);
    delete deal.refusal;
    expect((await first.send(deal, jane)).status).toBe(200);
    expect(company.ledger.size).toBe(1);
  });

  test('a send that was promised an envelope just before asks again, hears no, and sends nothing', async () => {
    const desk = await house.replica();
    const deal = house.addDeal();
    deal.meanwhile = async () => {
      delete deal.meanwhile;
      await announce(deal, dealDeleted, {});
      const slots = () => house.db.query('SELECT endings FROM envelope_slots WHERE deal_id = $1', [deal.dealId]);
      await eventually(async () => expect(await slots()).toEqual([{ endings: 1 }]));
      deal.refusal = { code: 'deal-not-found', status: 404 };
    };
    const answer = await desk.send(deal, jane);
    expect([answer.status, answer.body.code, deal.asked]).toEqual([404, 'deal-not-found', 2]);
    expect([await house.envelopeOf(deal), await house.ledgerCount(deal)]).toEqual([undefined, 0]);
  });

  test('a send that is under way while the deal ends does not leave an envelope behind', async () => {
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const deal = house.addDeal();
    company.moods.send = 'hung';
    const sending = desk.send(deal, jane);
    await eventually(() => expect(company.calls).toContain('send'));
    await announce(deal, dealDeleted, {});
    await eventually(async () =>
      expect(await house.db.query('SELECT void_reason FROM envelopes WHERE deal_id = $1', [deal.dealId])).toEqual([
        { void_reason: 'the deal was deleted' },
      ]),
    );
    expect((await sending).status).toBe(502);
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('failed'));
  });
});
