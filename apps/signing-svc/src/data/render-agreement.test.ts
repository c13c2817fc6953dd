import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, test, vi } from 'vitest';
import { acceptedTerms } from '../../test/deal.ts';
import { agreementOf } from '../domain/agreement.ts';
import { renderAgreement } from './render-agreement.ts';

const agreement = agreementOf({
  reference: '0193f0a0-0000-7000-8000-000000000001',
  buyer: 'UW Wizard Funding',
  sellerEmail: 'jane@merchant.example',
  terms: acceptedTerms(),
});
const createdAt = new Date('2026-11-20T15:04:05Z');

async function textOf(pdf: Buffer): Promise<{ text: string; pages: number }> {
  const document = await getDocument({ data: new Uint8Array(pdf), useSystemFonts: true, verbosity: 0 }).promise;
  const pages: string[] = [];
  for (let page = 1; page <= document.numPages; page += 1) {
    const { items } = await (await document.getPage(page)).getTextContent();
    pages.push(items.map((item) => ('str' in item ? item.str : '')).join(' '));
  }
  return { text: pages.join(' ').replace(/\s+/g, ' '), pages: document.numPages };
}

describe('the agreement as a PDF', () => {
  test('everything the agreement says can be read in it, names outside of Latin-1 included', async () => {
    const { text } = await textOf(await renderAgreement(agreement, createdAt));
    for (const { heading, rows, paragraphs } of agreement.sections) {
      for (const said of [heading, ...(rows ?? []).flat(), ...(paragraphs ?? [])]) expect(text).toContain(said);
    }
    expect(text).toContain('Żółw Café & Núñez LLC');
    expect(text).toContain(agreement.reference);
  });

  test('a name of Western letters can be read too, in a document without embedded fonts', async () => {
    const terms = acceptedTerms();
    const merchant = { ...terms.merchant, legal_name: 'Café “Zoë” & Núñez LLC – Miami' };
    const western = agreementOf({
      reference: '0193f0a0-0000-7000-8000-000000000002',
      buyer: 'UW Wizard Funding',
      sellerEmail: 'jane@merchant.example',
      terms: { ...terms, merchant, owner_name: 'Zoë Núñez' },
    });
    const pdf = await renderAgreement(western, createdAt);
    const { text } = await textOf(pdf);
    for (const { heading, rows } of western.sections) {
      for (const said of [heading, ...(rows ?? []).flat()]) expect(text).toContain(said);
    }
    expect(text).toContain('Café “Zoë” & Núñez LLC – Miami');
    expect(pdf.includes('FontFile')).toBe(false);
  });

  test('the provider finds where to put signature and date, each once', async () => {
    const { text } = await textOf(await renderAgreement(agreement, createdAt));
    expect(text.split('/sig1/')).toHaveLength(2);
    expect(text.split('/date1/')).toHaveLength(2);
  });

  test('every page has its number, and no page is empty', async () => {
    const { text, pages } = await textOf(await renderAgreement(agreement, createdAt));
    for (let page = 1; page <= pages; page += 1) expect(text).toContain(`page ${page} of ${pages}`);
    expect(pages).toBeLessThanOrEqual(3);
  });

  test('the same agreement gives the same bytes at any other time', async () => {
    const first = await renderAgreement(agreement, createdAt);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2027-03-04T05:06:07Z') });
    const again = await renderAgreement(agreement, createdAt).finally(() => vi.useRealTimers());
    expect(again.equals(first)).toBe(true);
  });
});
