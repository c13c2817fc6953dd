import { runProcess } from '@uw-wizard/shared/platform/run-process';
import { loadConfig, variables } from './config.ts';
import { startGateway } from './start-gateway.ts';

await runProcess(process, { name: 'gateway', variables, load: loadConfig, start: startGateway });
