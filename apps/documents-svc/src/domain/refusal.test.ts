import { expect, test } from 'vitest';
import { formRefusal, malwareRefusal, type ReadingFault, type ReceivedFile, readingRefusal } from './refusal.ts';

const limits = { maxFileBytes: 15 * 1024 * 1024, maxPages: 60 };

function file(name: string, more: Partial<ReceivedFile> = {}): ReceivedFile {
  const base = { filename: name, path: `/spool/${name}`, sizeBytes: 1000, checksum: name };
  return { ...base, tooLarge: false, beginsLikePdf: true, ...more };
}

const three = [file('a.pdf'), file('b.pdf'), file('c.pdf')] as const;
const [a, b, c] = three;
const form = (files: readonly ReceivedFile[], strayCount = 0) => ({ files, fileCount: files.length, strayCount });

test('three sound files are not refused', () => {
  expect(formRefusal(form(three), limits)).toBeNull();
  expect(readingRefusal(three, [null, null, null], limits)).toBeNull();
  expect(malwareRefusal([])).toBeNull();
});

test.each([0, 1, 2, 4])('%i files are refused with their count', (fileCount) => {
  const refusal = formRefusal({ files: three.slice(0, fileCount), fileCount, strayCount: 0 }, limits);
  expect(refusal?.kind.code).toBe('exactly-three-pdfs');
  expect(refusal?.message).toContain(`${fileCount} came`);
});

test('a file in another field is not overlooked', () => {
  expect(formRefusal(form(three, 1), limits)?.message).toContain('3 came and 1 in other fields');
});

test('the count is said before the size, and the size before the content', () => {
  const bad = file('d.pdf', { tooLarge: true, beginsLikePdf: false });
  expect(formRefusal(form([bad]), limits)?.kind.code).toBe('exactly-three-pdfs');
  expect(formRefusal(form([a, file('x.png', { beginsLikePdf: false }), bad]), limits)?.kind.code).toBe(
    'file-too-large',
  );
  expect(formRefusal(form([a, b, file('x.png', { beginsLikePdf: false })]), limits)?.kind.code).toBe('not-a-pdf');
});

test('of several faults in several files the first of the contract is said, and the file is named', () => {
  const malformed: ReadingFault = { kind: 'malformed', detail: 'cut off' };
  const encrypted: ReadingFault = { kind: 'encrypted' };
  const pages: ReadingFault = { kind: 'too-many-pages', pages: 900 };
  const other: ReadingFault = { kind: 'not-a-statement', detail: 'an invoice' };
  const code = (files: readonly ReceivedFile[], faults: (ReadingFault | null)[]) =>
    readingRefusal(files, faults, limits)?.kind.code;
  expect(code(three, [other, encrypted, malformed])).toBe('pdf-malformed');
  expect(code(three, [other, pages, encrypted])).toBe('pdf-encrypted');
  expect(code(three, [other, pages, null])).toBe('too-many-pages');
  expect(code([a, a, b], [other, null, null])).toBe('not-a-statement');
  expect(code([a, b, a], [null, null, null])).toBe('duplicate-files');
  expect(readingRefusal(three, [null, encrypted, null], limits)?.message).toContain('"b.pdf"');
  expect(malwareRefusal([c])?.kind.code).toBe('malware-found');
});
