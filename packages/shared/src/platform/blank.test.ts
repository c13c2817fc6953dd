import { expect, test } from 'vitest';
import { blankEnvelope, blankJson, blankTexts } from './blank.ts';

test('names, sentences, numbers and addresses of people are blanked; figures, ids, codes, days and times stay', () => {
  expect(
    blankTexts({
      merchant_id: '01890a5d-ac96-774b-bcce-b302099a8057',
      status: 'FLAGGED',
      from: 'open',
      time: '2026-11-28T10:00:00.000Z',
      day: '2026-11-28',
      amount_cents: 1_00,
      checksum: 'a3f0',
      reasons: [{ code: 'owner-listed', detail: 'Ann Smith is on the list' }],
      to: 'a***@smith.example',
      number: '***0142',
      ein: '12-3456789',
      filename: 'smith.pdf',
      note: null,
      ann: ['smith & daughters', 'Smith'],
    }),
  ).toEqual({
    merchant_id: '01890a5d-ac96-774b-bcce-b302099a8057',
    status: 'FLAGGED',
    from: 'open',
    time: '2026-11-28T10:00:00.000Z',
    day: '2026-11-28',
    amount_cents: 1_00,
    checksum: 'a3f0',
    reasons: [{ code: 'owner-listed', detail: '[erased]' }],
    to: '[erased]',
    number: '[erased]',
    ein: '[erased]',
    filename: '[erased]',
    note: null,
    ann: ['[erased]', '[erased]'],
  });
});

test('an event stays what it is and where it is: only its data is blanked', () => {
  const event = { id: 'e-1', type: 'sms.received', traceparent: '00-AB-01', sequence: 3, data: { text: 'hello' } };
  expect(blankEnvelope(event)).toEqual({ ...event, data: { text: '[erased]' } });
});

test('of what is no JSON nothing stays, and what is empty stays empty', () => {
  expect(blankJson('Ann Smith, {')).toBe('[erased]');
  expect(blankJson('')).toBe('');
});
