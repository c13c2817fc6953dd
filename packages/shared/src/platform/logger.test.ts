import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { currentRequest, inRequest } from './request-context.ts';

function logged(): { lines: Record<string, unknown>[]; text: () => string; log: ReturnType<typeof createLogger> } {
  const texts: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      texts.push(String(chunk));
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { lines, text: () => texts.join(''), log: createLogger({ service: 'deals-svc', level: 'info', destination }) };
}

test('a line says service, level, time and message, and inside a call its request, trace, tenant and deal', () => {
  const { log, lines } = logged();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const context = { request_id: 'r1', tenant_id: 't1', deal_id: 'd1', traceparent };
  inRequest(context, () => log.info({ count: 2 }, 'offers made'));
  expect(lines[0]).toMatchObject({
    service: 'deals-svc',
    level: 'info',
    msg: 'offers made',
    count: 2,
    request_id: 'r1',
    tenant_id: 't1',
    deal_id: 'd1',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
  });
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('what one line says is not repeated by the next line of the same call', () => {
  const { log, lines } = logged();
  inRequest({ request_id: 'r1' }, () => {
    log.info({ amount: 5 }, 'first');
    log.info('second');
    expect(currentRequest()).toEqual({ request_id: 'r1' });
  });
  expect(lines[1]).not.toHaveProperty('amount');
});

test('secrets and personal members are masked wherever they stand', () => {
  const { log, text } = logged();
  const secret = 'hush-hush';
  log.info({ password: secret, email: secret, req: { headers: { authorization: secret, cookie: secret } } });
  log.info({ merchant: { ein: secret, phone: secret }, owner: { ssn: secret }, body: { to: secret } });
  log.info({ recipient_email: secret, api_key: secret, user: { temporary_password: secret } });
  expect(text()).not.toContain(secret);
  expect(text().match(/\[masked\]/g)).toHaveLength(11);
});

test("a database error does not put a row's values into the log", () => {
  const { log, text } = logged();
  const error = Object.assign(new Error('duplicate key'), { detail: 'Key (ein)=(12-3456789) already exists.' });
  log.error({ err: error }, 'failed');
  log.error({ err: new Error('outer', { cause: error }) }, 'failed');
  const ofDriver = { cause: { kind: 'postgres', detail: 'Failing row contains (12-3456789).' } };
  log.error(
    { err: Object.assign(new Error('raw query failed'), { meta: { driverAdapterError: ofDriver } }) },
    'failed',
  );
  log.error({ err: Object.assign(new Error('postgres'), ofDriver) }, 'failed');
  expect(text()).not.toContain('12-3456789');
  expect(text()).toContain('duplicate key');
});

test('personal data is masked in messages and in errors, their causes and their members, however they are logged', () => {
  const { log, lines, text } = logged();
  const cause = Object.assign(new Error('no mailbox pat@example.com'), { recipient: { email: 'pat@example.com' } });
  const error = new Error('text to +12125550100 failed', { cause });
  log.error(error);
  log.error({ err: error });
  log.error({ err: error, attempt: { of: [{ ssn: '123-45-6789' }] } }, 'for %s', '12-3456789');
  log.error(new AggregateError([error], 'all of pat@example.com failed'));
  log.warn('account 000123456789 refused');
  for (const personal of ['pat@', '2125550100', '123-45-6789', '12-3456789', '000123456789'])
    expect(text()).not.toContain(personal);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'text to [masked] failed',
    'text to [masked] failed',
    'for [masked]',
    'all of [masked] failed',
    'account [masked] refused',
  ]);
  expect(lines[2]?.err).toMatchObject({ type: 'Error', message: 'text to [masked] failed: no mailbox [masked]' });
  expect(lines[0]?.err).toHaveProperty('stack');
});
