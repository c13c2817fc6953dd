// Whether a service's generated database client still belongs to its schema and to the installed Prisma.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * What the client is made from: the schema's content (times change with every clone) and Prisma's version.
 * @param {string} service its folder
 */
export function clientStamp(service) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'prisma', 'package.json'), 'utf8'));
  const schema = readFileSync(join(service, 'prisma', 'schema.prisma'));
  return `${version} ${createHash('sha256').update(schema).digest('hex')}\n`;
}

/**
 * Whether `npm run db:generate` has nothing to do.
 * @param {string} service its folder
 */
export function isClientFresh(service) {
  const stamp = join(service, 'src', 'data', 'generated', '.stamp');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === clientStamp(service);
}
