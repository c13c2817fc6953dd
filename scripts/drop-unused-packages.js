// `node scripts/drop-unused-packages.js <folder of an app>`, while an image is built: leaves in node_modules what that app
// needs to run. `npm ci --omit=dev` leaves more: what only our test tools need (they are workspaces, not packages under
// development to npm) and Prisma's command line (an optional peer of its client). Plain JavaScript, run by the Dockerfile.
import { globSync, readFileSync, rmSync } from 'node:fs';
import { posix } from 'node:path';

/**
 * @typedef {{ link?: boolean, resolved?: string, dependencies?: Record<string, string>,
 *   optionalDependencies?: Record<string, string> }} Locked
 */

/** @type {Record<string, Locked>} */
const locked = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
/** @type {Set<string>} */
const needed = new Set();
need(process.argv[2] ?? '');

const unneeded = Object.keys(locked).filter((path) => path.includes('node_modules/') && !needed.has(path));
// Query compilers of other databases, what is for browsers, and maps, types and documentation: nothing reads them here.
const aside = globSync([
  'node_modules/@prisma/client/runtime/*.{cockroachdb,mysql,sqlite,sqlserver}.*',
  'node_modules/@prisma/client/{generator-build,runtime/*{browser,edge}*}',
  'node_modules/pdfjs-dist/{web,image_decoders}',
  'node_modules/@embedpdf/pdfium/dist/*.{browser.js,cjs}',
  '{node_modules,packages}/**/*.{map,d.ts,d.mts,d.cts,md,markdown}',
  'node_modules/.bin',
  'node_modules/.package-lock.json',
]);
for (const path of [...unneeded, ...aside]) rmSync(path, { recursive: true, force: true });

/**
 * Marks what the package at `path` (as the lock file names it) needs, and what that needs.
 * @param {string} path
 */
function need(path) {
  const { dependencies = {}, optionalDependencies = {} } = locked[path] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = find(path, name);
    if (found === undefined || needed.has(found)) continue;
    needed.add(found);
    need(locked[found]?.link ? (locked[found].resolved ?? '') : found);
  }
}

/**
 * Where Node finds the package `name` when the one at `from` asks for it.
 * @param {string} from
 * @param {string} name
 * @returns {string | undefined}
 */
function find(from, name) {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const path = posix.join(folder, 'node_modules', name);
    if (path in locked) return path;
    if (folder === '.' || folder === '') return undefined;
  }
}
