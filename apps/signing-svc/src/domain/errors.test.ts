import { problemPages } from '@uw-wizard/shared/contracts/problems';
import { expect, test } from 'vitest';
import * as errors from './errors.ts';

test('every way in which signing-svc says no has a page that tells what to do, and a code of its own', () => {
  const kinds = Object.values(errors).filter((each) => typeof each === 'object');
  const pages = problemPages.map(({ code, status, title }) => ({ code, status, title }));
  for (const kind of kinds) expect(pages).toContainEqual(kind);
  expect(new Set(kinds.map(({ code }) => code)).size).toBe(kinds.length);
});
