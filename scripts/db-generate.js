// `npm run db:generate` in a service's folder: makes the Prisma client in src/data/generated from prisma/schema.prisma.
// Plain JavaScript, because scripts/setup.js runs it before anything else is known to work.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { clientStamp, isClientFresh } from './client-stamp.js';

const service = process.cwd();
const schema = join('prisma', 'schema.prisma');

if (!existsSync(schema)) fail(`there is no ${schema} in ${service}`);
if (!isClientFresh(service)) {
  // Dropped first: a run that fails or is killed must not leave a client behind that looks finished.
  rmSync(join('src', 'data', 'generated', '.stamp'), { force: true });
  const prisma = createRequire(join(service, 'package.json')).resolve('prisma/package.json');
  const cli = join(dirname(prisma), JSON.parse(readFileSync(prisma, 'utf8')).bin.prisma);
  const run = spawnSync(process.execPath, [cli, 'generate', `--schema=${schema}`, '--no-hints'], {
    encoding: 'utf8',
    env: {
      ...process.env,
      // `generate` never runs this engine, but downloads it unless it is told of a file that exists.
      PRISMA_SCHEMA_ENGINE_BINARY: schema,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (run.status !== 0) fail(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ?? ''}`);
  mkdirSync(join('src', 'data', 'generated'), { recursive: true });
  writeFileSync(join('src', 'data', 'generated', '.stamp'), clientStamp(service));
}

/** @param {string} reason */
function fail(reason) {
  console.error(`The database client of ${service} could not be made:\n${reason.trim()}`);
  process.exit(1);
}
