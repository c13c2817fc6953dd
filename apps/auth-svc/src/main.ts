import { runService } from '@uw-wizard/shared/platform/run-service';
import { isAuditCall, runAudit } from './audit.ts';
import { loadConfig, variables } from './config.ts';
import { openAuthOperations } from './operations.ts';
import { createAuthService, migrationsFolder } from './service.ts';

if (isAuditCall(process.argv.slice(2))) {
  const write = (text: string) => void process.stdout.write(text);
  process.exit(await runAudit(process.argv.slice(2), { open: async () => loadConfig(process.env).config, write }));
}
await runService(process, {
  name: 'auth-svc',
  variables,
  loadConfig,
  migrationsFolder,
  create: createAuthService,
  openOperations: openAuthOperations,
});
