import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { isEraseCall, runErase } from './erase.ts';
import { openDealsOperations } from './operations.ts';
import { createDealsService, migrationsFolder } from './service.ts';

if (isEraseCall(process.argv.slice(2))) {
  const write = (text: string) => void process.stdout.write(text);
  process.exit(await runErase(process.argv.slice(2), { open: async () => loadConfig(process.env).config, write }));
}
await runService(process, {
  name: 'deals-svc',
  variables,
  loadConfig,
  migrationsFolder,
  create: createDealsService,
  openOperations: openDealsOperations,
});
