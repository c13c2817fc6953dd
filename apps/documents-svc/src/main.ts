import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { createDocumentsService, migrationsFolder } from './service.ts';

await runService(process, {
  name: 'documents-svc',
  variables,
  loadConfig,
  migrationsFolder,
  create: createDocumentsService,
});
