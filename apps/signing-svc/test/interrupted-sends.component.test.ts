import { eventually } from '@uw-wizard/testkit/eventually';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMockProvider } from '../src/data/mock/create-mock-provider.ts';
import { openMockLedger } from '../src/data/mock/ledger.ts';
import { stampSigned } from '../src/data/mock/stamp-signed.ts';
import { createFakeProvider } from './fake-provider.ts';
import { type Harness, person, startHarness } from './harness.ts';
import { base64, docusign, json } from './webhook-bodies.ts';

let house: Harness;

beforeEach(async () => {
  house = await startHarness({ providerTimeoutMs: 300 });
});
afterEach(() => house.stop());

const jane = 'jane@merchant.example';

/** Makes what nobody finished due now instead of in half a minute. */
function hurry() {
  return house.db.query('UPDATE envelopes SET due_at = now() WHERE due_at IS NOT NULL');
}

describe('a send that is interrupted', () => {
  test('by a crash after the provider took it is finished by its repeat: one envelope, one announcement', async () => {
    const deal = house.addDeal();
    const key = uuidv7();
    let crashed = false;
    const first = await house.replica({
      onEdge: (kind, name) => {
        if (kind !== 'provider-call' || name !== 'sign.send') return;
        crashed = true;
        throw new Error('the process dies here');
      },
    });
    expect((await first.send(deal, jane, { key })).status).toBe(500);
    expect(crashed).toBe(true);
    await first.stop();
    expect(await house.facts('sign.sent', deal.dealId)).toEqual([]);

    const second = await house.replica();
    const repeated = await second.send(deal, jane, { key });
    expect(repeated.status).toBe(200);
    expect(await house.ledgerCount(deal)).toBe(1);
    expect(await house.facts('sign.sent', deal.dealId)).toHaveLength(1);
    expect((await second.send(deal, jane, { key })).text).toBe(repeated.text);
  });

  test.each([1, 2, 3])('by a crash after commit %d is finished by its repeat', async (nth) => {
    const deal = house.addDeal();
    let commits = Number.NEGATIVE_INFINITY;
    const first = await house.replica({
      onEdge: (kind) => {
        if (kind !== 'commit') return;
        commits += 1;
        if (commits === nth) throw new Error('the process dies here');
      },
    });
    // Its first document takes a thread that has to start: as long as that, and the lease is renewed, which commits too.
    expect((await first.send(house.addDeal(), jane)).status).toBe(200);
    commits = 0;
    expect((await first.send(deal, jane)).status).toBe(500);
    await first.stop();
    const second = await house.replica();
    const repeated = await second.send(deal, jane);
    expect([repeated.status, repeated.body.status]).toEqual([200, 'sent']);
    expect(await house.ledgerCount(deal)).toBe(1);
    expect(await house.facts('sign.sent', deal.dealId)).toHaveLength(1);
  });

  test('a process that died holding the envelope is waited for, not overtaken', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    company.moods.send = 'away';
    const desk = await house.replica({ provider: company.provider });
    await desk.send(deal, jane);
    company.moods.send = 'well';
    await house.db.query(`UPDATE envelopes SET claimed_by = $1, claimed_until = now() + interval '1 second'`, [
      uuidv7(),
    ]);
    expect((await desk.send(deal, jane)).status).toBe(200);
    expect(company.ledger.size).toBe(1);
  });
});

test('a call to the webhook that died with its process is made again at once', async () => {
  const first = await house.replica();
  const { deal, providerId } = await house.sentDeal(first);
  await first.stop();
  const ledger = openMockLedger(house.db.workerUrl);
  await createMockProvider(ledger, { onMove: () => undefined, stamp: stampSigned }).act(providerId, 'sign');
  expect(await ledger.takeCallbacks(20)).toHaveLength(1);
  await ledger.close();
  await house.replica();
  await eventually(async () => expect(await house.facts('sign.signed', deal.dealId)).toHaveLength(1));
});

test('a webhook that waits for its envelope holds nothing that whoever has the envelope still needs', async () => {
  const desk = await house.replica();
  const { deal, id } = await house.sentDeal(desk);
  const holder = new Client({ connectionString: house.db.ownerUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM envelopes WHERE id = $1 FOR UPDATE', [id]);
    const body = docusign(id);
    const answer = desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
    await eventually(async () =>
      expect(
        await house.db.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      ).toHaveLength(1),
    );
    const clock = 'SELECT subject FROM outbox_clock WHERE subject = $1 FOR UPDATE NOWAIT';
    expect((await holder.query(clock, [deal.dealId])).rows).toEqual([{ subject: deal.dealId }]);
    await holder.query('COMMIT');
    expect((await answer).status).toBe(200);
  } finally {
    await holder.end();
  }
});

describe('a provider that fails', () => {
  test('a refusal is told, frees the deal, and the next try may go to somebody else', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    company.moods.send = 'refuses';
    const refused = await desk.send(deal, jane);
    expect([refused.status, refused.body.code]).toEqual([502, 'signing-provider-failed']);
    expect((await house.envelopeOf(deal))?.state).toBe('failed');
    // Nobody holds it any more: the next try does not have to wait.
    expect(await house.db.query('SELECT claimed_by FROM envelopes')).toEqual([{ claimed_by: null }]);
    company.moods.send = 'well';
    const sent = await desk.send(deal, 'joe@merchant.example');
    expect([sent.status, sent.body.provider]).toEqual([200, 'docusign']);
    expect(company.ledger.size).toBe(1);
  });

  test('a repeat with the same key after a refusal sends', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const key = uuidv7();
    company.moods.send = 'refuses';
    expect((await desk.send(deal, jane, { key })).status).toBe(502);
    company.moods.send = 'well';
    expect((await desk.send(deal, jane, { key })).status).toBe(200);
  });

  test('one that takes the envelope and does not answer is asked, and the send succeeds', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    company.moods.send = 'lost';
    const desk = await house.replica({ provider: company.provider });
    expect((await desk.send(deal, jane)).status).toBe(200);
    expect([company.ledger.size, company.calls]).toEqual([1, ['send', 'find']]);
  });

  test('one that neither takes it nor answers is told, and the repeat asks before it sends', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    company.moods.send = 'hung';
    const desk = await house.replica({ provider: company.provider });
    expect((await desk.send(deal, jane)).body.code).toBe('signing-provider-failed');
    company.moods.send = 'well';
    expect((await desk.send(deal, jane)).status).toBe(200);
    expect([company.ledger.size, company.calls]).toEqual([1, ['send', 'find', 'find', 'send']]);
  });

  test('one that took it and cannot be asked leaves it unknown, tells people once, and is asked until it answers', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    Object.assign(company.moods, { send: 'lost', find: 'away' });
    const desk = await house.replica({ provider: company.provider });
    expect((await desk.send(deal, jane)).status).toBe(502);
    expect((await desk.send(deal, jane)).status).toBe(502);
    expect((await house.envelopeOf(deal))?.state).toBe('unknown');
    const alerts = await house.facts('sign.alerted', deal.dealId);
    expect(alerts).toMatchObject([{ tenantId: 'demo', data: { code: 'envelope-unknown' } }]);
    company.moods.find = 'well';
    await hurry();
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('sent'));
    expect(company.ledger.size).toBe(1);
    expect(await house.facts('sign.sent', deal.dealId)).toHaveLength(1);
    expect((await desk.send(deal, jane)).status).toBe(200);
  });

  test.each(['well', 'away'] as const)(
    'one that has no signed document to give (%s) is told of once, and is asked on',
    async (mood) => {
      const deal = house.addDeal();
      const company = createFakeProvider();
      company.moods.signedDocument = mood;
      const desk = await house.replica({ provider: company.provider });
      await desk.send(deal, jane);
      const body = docusign(String([...company.ledger.keys()][0]));
      await desk.webhook(body, { ...json, 'x-docusign-signature-1': base64(body) });
      await eventually(() => expect(company.calls).toContain('signedDocument'));
      await house.hurryTo(deal, 9);
      await eventually(async () => expect(await house.facts('sign.alerted', deal.dealId)).toHaveLength(1));
      await house.hurryTo(deal, 10);
      const calls = company.calls.length;
      await eventually(() => expect(company.calls.length).toBeGreaterThan(calls));
      await eventually(async () =>
        expect(await house.db.query('SELECT step_attempts, claimed_by FROM envelopes')).toEqual([
          { step_attempts: 11, claimed_by: null },
        ]),
      );
      expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([
        { data: { code: 'signed-document-missing' } },
      ]);
    },
  );

  test('the calls that move the mock do not exist with another provider', async () => {
    const company = createFakeProvider();
    const desk = await house.replica({ provider: company.provider });
    const sent = await desk.send(house.addDeal(), jane);
    const answer = await desk.call('POST', `/mock/envelopes/${sent.body.envelope_id}/sign`, person('demo'));
    expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
  });
});

describe('a send whose caller is gone', () => {
  test('before the provider was called is let go without asking it', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    company.moods.find = 'away';
    let commits = 0;
    const first = await house.replica({
      provider: company.provider,
      onEdge: (kind) => {
        commits += kind === 'commit' ? 1 : 0;
        if (commits === 2) throw new Error('the process dies here');
      },
    });
    await first.send(deal, jane);
    await first.stop();
    expect((await house.envelopeOf(deal))?.state).toBe('intent');
    await house.replica({ provider: company.provider });
    await hurry();
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('failed'), { timeoutMs: 8_000 });
    expect(company.calls).toEqual([]);
  });

  test('counts as sent when the provider has it', async () => {
    const deal = house.addDeal();
    const first = await house.replica({
      onEdge: (kind) => {
        if (kind === 'provider-call') throw new Error('the process dies here');
      },
    });
    await first.send(deal, jane);
    await first.stop();
    await house.replica();
    await hurry();
    await eventually(async () => expect(await house.facts('sign.sent', deal.dealId)).toHaveLength(1));
    expect(await house.ledgerCount(deal)).toBe(1);
  });

  test('is never sent on its own: the deal is freed and people are told', async () => {
    const deal = house.addDeal();
    const company = createFakeProvider();
    company.moods.send = 'hung';
    const desk = await house.replica({ provider: company.provider });
    await desk.send(deal, jane);
    await hurry();
    await eventually(async () => expect((await house.envelopeOf(deal))?.state).toBe('failed'));
    expect(await house.facts('sign.alerted', deal.dealId)).toMatchObject([{ data: { code: 'envelope-not-sent' } }]);
    company.moods.send = 'well';
    expect((await desk.send(deal, 'joe@merchant.example')).status).toBe(200);
    expect(company.ledger.size).toBe(1);
  });
});
