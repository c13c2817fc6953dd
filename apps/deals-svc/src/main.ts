import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { openDealsOperations } from './operations.ts';
import { createDealsService, migrationsFolder } from './service.ts';

await runService(process, {
  name: 'deals-svc',
  variables,
  loadConfig,
  migrationsFolder,
  create: createDealsService,
  openOperations: openDealsOperations,
});
