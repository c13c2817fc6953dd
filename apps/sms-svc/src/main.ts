import { runService } from '@uw-wizard/shared/platform/run-service';
import { loadConfig, variables } from './config.ts';
import { createSmsService, migrationsFolder } from './service.ts';

await runService(process, { name: 'sms-svc', variables, loadConfig, migrationsFolder, create: createSmsService });
