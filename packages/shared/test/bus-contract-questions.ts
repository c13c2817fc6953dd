import { expect, test } from 'vitest';
import { BusSilence } from '../src/platform/bus.ts';
import type { BusWorld } from './bus-world.ts';

/** Questions, their answers, and the silences. */
export function questionsContract(world: BusWorld): void {
  test('a question gets the answer of its responder', async () => {
    await world.bus().respond('ask.deals-svc.echo', async (body) => `heard ${body}`);
    expect(await world.bus().ask('ask.deals-svc.echo', 'ü', { timeoutMs: 2_000 })).toBe('heard ü');
  });

  test('a question nobody answers is a silence, told at once', async () => {
    const begun = Date.now();
    const error = await world
      .bus()
      .ask('ask.deals-svc.nobody', '', { timeoutMs: 5_000 })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BusSilence);
    expect(error).toMatchObject({ reason: 'no-responder' });
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  test('an answer that comes too late is a silence, told at the deadline', async () => {
    const hold = Promise.withResolvers<string>();
    await world.bus().respond('ask.deals-svc.slow', () => hold.promise);
    const error = await world
      .bus()
      .ask('ask.deals-svc.slow', '', { timeoutMs: 50 })
      .catch((thrown: unknown) => thrown);
    hold.resolve('late');
    expect(error).toBeInstanceOf(BusSilence);
    expect(error).toMatchObject({ reason: 'timeout' });
  });

  test('a responder that fails has not answered', async () => {
    await world.bus().respond('ask.deals-svc.broken', () => Promise.reject(new Error('secret')));
    const error = await world
      .bus()
      .ask('ask.deals-svc.broken', '', { timeoutMs: 200 })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BusSilence);
    expect(String(error)).not.toContain('secret');
  });

  test('two responders of one subject share its questions, and one goes on when the other stops', async () => {
    const one = await world.bus().respond('ask.deals-svc.who', async () => 'one');
    await world.bus().respond('ask.deals-svc.who', async () => 'two');
    const answers = new Set<string>();
    await Promise.all(
      Array.from({ length: 40 }, async () =>
        answers.add(await world.bus().ask('ask.deals-svc.who', '', { timeoutMs: 2_000 })),
      ),
    );
    expect(answers).toEqual(new Set(['one', 'two']));
    await one.stop();
    expect(await world.bus().ask('ask.deals-svc.who', '', { timeoutMs: 2_000 })).toBe('two');
  });

  test('stopping a responder waits for the answers in hand', async () => {
    const heard = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    const order: string[] = [];
    const responder = await world.bus().respond('ask.deals-svc.stopping', async () => {
      heard.resolve();
      await hold.promise;
      order.push('answered');
      return 'yes';
    });
    const answer = world.bus().ask('ask.deals-svc.stopping', '', { timeoutMs: 5_000 });
    await heard.promise;
    const stopped = responder.stop().then(() => order.push('stopped'));
    // One that does not wait is given the time to be done.
    await new Promise((resolve) => setTimeout(resolve, 20));
    hold.resolve();
    expect(await answer).toBe('yes');
    await stopped;
    expect(order).toEqual(['answered', 'stopped']);
    const error = await world
      .bus()
      .ask('ask.deals-svc.stopping', '', { timeoutMs: 2_000 })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'no-responder' });
  });

  test('many questions at once all get their own answers', async () => {
    await world.bus().respond('ask.deals-svc.many', async (body) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return `heard ${body}`;
    });
    const questions = Array.from({ length: 200 }, (_, index) => String(index));
    const answers = await Promise.all(
      questions.map((body) => world.bus().ask('ask.deals-svc.many', body, { timeoutMs: 5_000 })),
    );
    expect(answers).toEqual(questions.map((body) => `heard ${body}`));
  });
}
