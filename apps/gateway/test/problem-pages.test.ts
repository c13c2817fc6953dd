import { globSync } from 'node:fs';
import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { expect, it } from 'vitest';
import { z } from 'zod';

const kindSchema = z.object({ code: z.string(), status: z.int(), title: z.string() });
const catalogues = globSync('../../*/src/domain/errors.ts', { cwd: import.meta.dirname });

it('finds the catalogues of the services', () => {
  expect(catalogues.length).toBeGreaterThanOrEqual(4);
});

it('has one page for each code', () => {
  const codes = problemPages.map(({ code }) => code);
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
});

it.each(catalogues)('every problem of %s leads to a page that says its status', async (catalogue) => {
  const exported: Record<string, unknown> = await import(catalogue);
  const kinds = Object.values(exported).flatMap((each) => kindSchema.safeParse(each).data ?? []);
  expect(kinds.length).toBeGreaterThan(0);
  for (const { code, status } of kinds) {
    expect(problemPages.find((page) => page.code === code)).toMatchObject({ code, status });
  }
});
