import { expect, test } from 'vitest';
import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { INTERNAL_ERROR, NOT_FOUND, sharedProblems, toDomainError, toProblem, validationError } from './problem.ts';

const context = { problemBase: 'https://uw.example/problems', instance: '/api/deals/1', requestId: 'r1' };

test('a problem document says what happened, where, and which call it was', () => {
  expect(toProblem(NOT_FOUND, 'No deal has this id.', context)).toEqual({
    type: 'https://uw.example/problems/not-found',
    title: 'There is nothing here',
    status: 404,
    detail: 'No deal has this id.',
    instance: '/api/deals/1',
    code: 'not-found',
    request_id: 'r1',
  });
});

test('further members go along, and cannot replace the standard ones', () => {
  const problem = toProblem(NOT_FOUND, 'x', context, { extensions: { send_after: 'noon', status: 200, code: 'fine' } });
  expect(problem).toMatchObject({ send_after: 'noon', status: 404, code: 'not-found' });
});

test('each bad field is named by a JSON pointer, with odd names escaped', () => {
  const schema = z.object({ merchant: z.object({ 'a/b~c': z.string() }), list: z.array(z.object({ n: z.int() })) });
  const parsed = schema.safeParse({ merchant: { 'a/b~c': 1 }, list: [{ n: 1 }, { n: 'x' }] });
  if (parsed.success) throw new Error('expected to be refused');
  expect(validationError(parsed.error).errors?.map(({ pointer }) => pointer)).toEqual([
    '#/merchant/a~1b~0c',
    '#/list/1/n',
  ]);
  expect(validationError(parsed.error, '/answers').errors?.[1]?.pointer).toBe('#/answers/list/1/n');
});

test('a thousand bad fields are answered with a hundred', () => {
  const parsed = z.array(z.string()).safeParse(Array.from({ length: 1_000 }, () => 1));
  if (parsed.success) throw new Error('expected to be refused');
  expect(validationError(parsed.error).errors).toHaveLength(100);
});

test('an error that is no rule is shown without a word of what it was', () => {
  const error = toDomainError(new Error('password=hunter2 at db.internal'));
  expect(error.kind).toBe(INTERNAL_ERROR);
  expect(error.message).not.toMatch(/hunter2|internal/);
  expect(error.cause).toBeInstanceOf(Error);
});

test('a rule keeps its own words', () => {
  const error = new DomainError(NOT_FOUND, 'No deal has this id.');
  expect(toDomainError(error)).toBe(error);
});

test('every shared problem has its own code', () => {
  expect(new Set(sharedProblems.map(({ code }) => code)).size).toBe(sharedProblems.length);
});
