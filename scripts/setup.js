// Before `npm start`, `npm test` and `npm run check`: whatever a fresh clone lacks. Silent when nothing is to do.
// Plain JavaScript without packages, for any Node from 20.19: the Node 24 that all else runs on is one of the packages.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isClientFresh } from './client-stamp.js';
import { takeTurn } from './take-turn.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, 'package-lock.json');
const installedLock = join(root, 'node_modules', '.package-lock.json');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(
    `UW Wizard needs Node 20.19 or newer to set itself up; this is ${process.version}. Get a newer one from https://nodejs.org.`,
  );
}

// Two that run `npm ci` in one folder delete each other's packages: after a wait, look again what is left to do.
if (!isInstalled() || staleServices().length > 0) {
  await takeTurn(join(root, '.setup.lock'), (pid) => {
    process.stdout.write(`  waiting for another set-up (process ${pid}) …\n`);
  }).catch((error) => stop(error instanceof Error ? error.message : String(error)));
}

if (!isInstalled()) {
  await step('dependencies (npm ci)', () => {
    const npm = process.env.npm_execpath;
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    return npm?.endsWith('.js') ? run(process.execPath, [npm, ...args], root) : run('npm', args, root);
  });
}

const stale = staleServices();
if (stale.length > 0) {
  const packaged = join(root, 'node_modules', 'node', 'bin', 'node');
  const node = existsSync(packaged) ? packaged : process.execPath;
  await step('database clients', () =>
    Promise.all(stale.map((service) => run(node, [join(root, 'scripts', 'db-generate.js')], service))),
  );
}

/** The folders of the services whose database client has to be made. */
function staleServices() {
  return readdirSync(join(root, 'apps'))
    .map((name) => join(root, 'apps', name))
    .filter((service) => existsSync(join(service, 'prisma', 'schema.prisma')) && !isClientFresh(service));
}

/** Whether node_modules is what package-lock.json asks for. A lock file that only git has touched costs no installation. */
function isInstalled() {
  if (!existsSync(installedLock)) return false;
  if (statSync(installedLock).mtimeMs >= statSync(lock).mtimeMs) return true;
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages;
  const present = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  const paths = Object.keys(wanted).filter((path) => path !== '' && !(wanted[path].optional && !(path in present)));
  const same =
    paths.length === Object.keys(present).length &&
    paths.every((path) => JSON.stringify(present[path]) === JSON.stringify(wanted[path]));
  if (same) utimesSync(installedLock, new Date(), new Date());
  return same;
}

/**
 * Runs one piece of work behind a line that says what takes so long.
 * @param {string} name
 * @param {() => Promise<unknown>} work
 */
async function step(name, work) {
  const started = Date.now();
  process.stdout.write(`  ${name} … `);
  try {
    await work();
  } catch (error) {
    process.stdout.write('failed\n');
    stop(error instanceof Error ? error.message : String(error));
  }
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<void>} rejects with everything the command had to say
 */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`${[command, ...args].join(' ')} ended with ${code}\n${Buffer.concat(output).toString().trim()}`),
        );
    });
  });
}

/**
 * @param {string} reason
 * @returns {never}
 */
function stop(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
