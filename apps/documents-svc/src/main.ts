import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { openDocumentsOperations } from './operations.ts';
import { createDocumentsService, migrationsFolder } from './service.ts';

await runService(process, {
  name: 'documents-svc',
  variables,
  loadConfig,
  migrationsFolder,
  create: createDocumentsService,
  openOperations: openDocumentsOperations,
});
