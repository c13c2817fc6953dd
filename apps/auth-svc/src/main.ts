import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { createAuthService, migrationsFolder } from './service.ts';

await runService(process, { name: 'auth-svc', variables, loadConfig, migrationsFolder, create: createAuthService });
