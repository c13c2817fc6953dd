import { create, parse } from 'content-disposition';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayName } from './display-name.ts';

test('an ordinary file name is shown as it came', () => {
  expect(displayName('Statement (March) 2026.pdf')).toBe('Statement (March) 2026.pdf');
  expect(displayName('Relevé de compte.pdf')).toBe('Relevé de compte.pdf');
});

test('a name that walks through folders becomes one flat name', () => {
  expect(displayName('../../etc/passwd')).toBe('.._.._etc_passwd');
  expect(displayName('C:\\bank\\march.pdf')).toBe('C:_bank_march.pdf');
});

test('characters that nobody sees are dropped: control characters, line breaks, reversed writing', () => {
  expect(displayName('march\r\nSet-Cookie: a=b\u0000.pdf')).toBe('marchSet-Cookie: a=b.pdf');
  expect(displayName('invoice\u202Efdp.exe')).toBe('invoicefdp.exe');
});

test('a name without a letter gets one', () => {
  for (const given of ['', '  ', '.', '..', '\u0000']) expect(displayName(given)).toBe('statement.pdf');
});

test('a long name is cut and keeps its extension', () => {
  const shown = displayName(`${'ä'.normalize('NFD').repeat(400)}.pdf`);
  expect(shown).toHaveLength(255);
  expect(shown.endsWith('ä.pdf')).toBe(true);
});

test('whatever a client sends, the name is one line of at most 255 characters that no path or header is broken by', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (given) => {
      const shown = displayName(given);
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.length).toBeLessThanOrEqual(255);
      expect(shown.isWellFormed()).toBe(true);
      expect(shown).not.toMatch(/[\p{Cc}/\\]/u);
    }),
  );
});

test('whatever a client sends, the name leaves in a header as one name, for old clients and new ones', () => {
  const sent = [
    ...['a"; filename="b.exe', 'a\\"b', "UTF-8''x", '%22%0d%0a', 'Relevé – März.pdf', '😀', '\ud800'],
    ...['\u202e', '\r\n'],
  ];
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...sent), fc.string({ unit: 'binary', maxLength: 300 })), (given) => {
      const shown = displayName(given);
      const header = create(shown, { type: 'attachment' });
      expect(header).toMatch(/^attachment; filename[*=][\x20-\x7e]+$/);
      expect(parse(header)).toMatchObject({ type: 'attachment', parameters: { filename: shown } });
    }),
  );
});
