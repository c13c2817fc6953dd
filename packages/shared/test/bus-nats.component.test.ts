import { createTestNats } from '@uw-wizard/testkit/nats';
import { openBus } from '../src/platform/open-bus.ts';
import { busContract } from './bus-contract.ts';
import { keptLog } from './kept-log.ts';

busContract('NATS', async ({ patienceMs }) => {
  const nats = await createTestNats();
  const bus = await openBus({ url: nats.url, name: 'test', log: keptLog().log, patienceMs });
  return {
    bus,
    stores: true,
    async stop() {
      await bus.close();
      await nats.drop();
    },
  };
});
