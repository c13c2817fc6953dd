import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { createDealsService, migrationsFolder } from './service.ts';

await runService(process, { name: 'deals-svc', variables, loadConfig, migrationsFolder, create: createDealsService });
