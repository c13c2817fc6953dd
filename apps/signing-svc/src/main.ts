import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { openSigningOperations } from './operations.ts';
import { createSigningService, migrationsFolder } from './service.ts';

await runService(process, {
  name: 'signing-svc',
  variables,
  loadConfig,
  migrationsFolder,
  create: createSigningService,
  openOperations: openSigningOperations,
});
