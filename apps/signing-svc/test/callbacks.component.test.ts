import type { RequestListener } from 'node:http';
import { eventually } from '@uw-wizard/testkit/eventually';
import { serve } from '@uw-wizard/testkit/http';
import { expect, test } from 'vitest';
import { person, startHarness } from './harness.ts';

test('a webhook that sends its caller elsewhere is not followed there, and is called again', async () => {
  const reached: string[] = [];
  const inside = await serve((req, res) => void res.end(String(reached.push(`${req.method} ${req.url}`))));
  let calls = 0;
  const sendElsewhere: RequestListener = (_req, res) => {
    calls += 1;
    res.writeHead(307, { location: `${inside.baseUrl}/metadata` }).end();
  };
  const outside = await serve(sendElsewhere);
  const house = await startHarness({ webhookUrl: outside.baseUrl });
  try {
    const desk = await house.replica();
    const { id } = await house.sentDeal(desk);
    await desk.call('POST', `/mock/envelopes/${id}/sign`, person('demo', 'admin'));
    await eventually(() => expect(calls).toBeGreaterThan(1));
    expect(reached).toEqual([]);
  } finally {
    await house.stop();
    await outside.stop();
    await inside.stop();
  }
});
