import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EnvelopeState, envelopeStates, type Happened, isOutstanding, stepOf } from './envelope-state.ts';
import type { ProviderStatus } from './signing-provider.ts';

const anyState = fc.constantFrom(...envelopeStates);
const anyNews = fc.constantFrom<ProviderStatus>('sent', 'viewed', 'signed', 'declined', 'voided');

/** All that is announced when `news` arrive one after the other. */
function follow(start: EnvelopeState, news: readonly ProviderStatus[]): { state: EnvelopeState; happened: Happened[] } {
  let state = start;
  const happened: Happened[] = [];
  for (const item of news) {
    const step = stepOf(state, item);
    state = step.state;
    happened.push(...step.happened);
  }
  return { state, happened };
}

describe('what news do to an envelope', () => {
  test('a signature counts wherever it comes in the order of news, and is announced exactly once', () => {
    fc.assert(
      fc.property(anyState, fc.array(anyNews), fc.array(anyNews), (start, before, after) => {
        fc.pre(start !== 'signed');
        const { state, happened } = follow(start, [...before, 'signed', ...after]);
        expect(state).toBe('signed');
        expect(happened.filter((what) => what === 'signed')).toHaveLength(1);
        expect(happened.at(-1)).toBe('signed');
      }),
    );
  });

  test('the same news again change nothing and announce nothing', () => {
    fc.assert(
      fc.property(anyState, anyNews, (start, news) => {
        const once = stepOf(start, news).state;
        expect(stepOf(once, news)).toMatchObject({ state: once, happened: [] });
      }),
    );
  });

  test('nothing is announced twice, and being sent before everything else', () => {
    fc.assert(
      fc.property(fc.constantFrom<EnvelopeState>('intent', 'sending', 'unknown'), fc.array(anyNews), (start, news) => {
        const { happened } = follow(start, news);
        expect(new Set(happened).size).toBe(happened.length);
        if (happened.length > 0) expect(happened[0]).toBe('sent');
      }),
    );
  });

  test('an envelope that has ended, or never went out, is not outstanding again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<EnvelopeState>('signed', 'declined', 'voided', 'failed'),
        fc.array(anyNews),
        (start, news) => {
          expect(isOutstanding(follow(start, news).state)).toBe(false);
        },
      ),
    );
  });

  test.each(['declined', 'voided'] as const)('a signature after being %s is kept, and people are told', (state) => {
    expect(stepOf(state, 'signed')).toEqual({ state: 'signed', happened: ['signed'], alert: 'signed-after-end' });
  });

  test('a late view does not undo a signature', () => {
    expect(stepOf('signed', 'viewed')).toEqual({ state: 'signed', happened: [] });
  });

  test('a signature of an envelope whose sending was never confirmed says first that it was sent', () => {
    expect(stepOf('unknown', 'signed')).toEqual({ state: 'signed', happened: ['sent', 'signed'] });
  });

  test('an envelope that turns up after it had counted as never sent is a matter for people', () => {
    expect(stepOf('failed', 'sent')).toEqual({ state: 'failed', happened: [], alert: 'sent-after-failure' });
    expect(stepOf('failed', 'signed')).toMatchObject({ state: 'signed', alert: 'sent-after-failure' });
  });
});
