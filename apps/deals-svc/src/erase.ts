import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Publisher } from '@uw-wizard/shared/contracts/event';
import { publishers } from '@uw-wizard/shared/contracts/event';
import { validate as isUuid, v7 as uuidv7 } from 'uuid';
import { openDealsDatabase } from './data/database.ts';
import { listTombstones } from './data/erasures.ts';
import { createFields, type FieldsConfig } from './data/fields.ts';
import { createStore } from './data/store.ts';
import { ErasureRefused } from './domain/erase-merchant.ts';
import { type EraseMerchantDeps, eraseMerchant, planErasure } from './usecases/erase-merchant.ts';

const defaultWaitSeconds = 30;

export const eraseHelp = `Erasing a person's data.

  erase --merchant ID [--yes]  shows what would go of the merchant; with --yes erases it, everywhere, for good
  erase list [--tenant ID]     the merchants that were erased, one a line: tenant, merchant, time, by whom, why

  --tenant ID       whose merchant it is (default: the tenant that the house was set up with)
  --reason TEXT     why; it is kept, so it names nobody (default: on request)
  --by NAME         who does it (default: the user of this machine)
  --wait SECONDS    how long to wait for the other services (default: ${defaultWaitSeconds})
  --help            this text

Amounts, prices, statuses and times stay, and a mark that the merchant was erased. Done again it asks again those that have
not answered; so it is done again for every line of "list" after a backup was restored.
Ends with 0 when all have erased what they had, with 1 when one has not yet or a deal still needs the data, with 2 when the
command line is wrong.
`;

/** Where the deals are, and whose they are unless it is said. */
export type EraseParts = FieldsConfig & { databaseUrl: string; databaseWorkerUrl: string; bootstrapTenantId: string };

export type EraseDeps = {
  open: () => Promise<EraseParts & { close?: () => Promise<void> }>;
  write: (text: string) => void;
};

/** The words that make a command line one about erasing. */
export function isEraseCall(args: readonly string[]): boolean {
  return args[0] === 'erase';
}

/** Does what the command line asks for and gives the exit code. `open` is asked only when there is something to do. */
export async function runErase(args: readonly string[], { open, write }: EraseDeps): Promise<0 | 1 | 2> {
  const call = readCall(args);
  if (typeof call === 'string') {
    write(call === 'help' ? eraseHelp : `${call}\n`);
    return call === 'help' ? 0 : 2;
  }
  const parts = await open();
  const database = openDealsDatabase({
    url: parts.databaseUrl,
    workerUrl: parts.databaseWorkerUrl,
    maxConnections: 2,
  });
  try {
    if (call.verb === 'list') return await list(database.worker, call.tenant, write);
    const store = createStore(database, { clock: () => new Date(), newId: uuidv7, fields: createFields(parts) });
    const which = { tenantId: call.tenant ?? parts.bootstrapTenantId, merchantId: call.merchant };
    return await (call.yes ? erase(store, { ...call, ...which }, write) : show(store, which, write));
  } finally {
    await database.close();
    await parts.close?.();
  }
}

type Which = { tenantId: string; merchantId: string };
type Write = EraseDeps['write'];

async function list(worker: Parameters<typeof listTombstones>[0], tenant: string | undefined, write: Write) {
  for (const { tenantId, merchantId, erasedAt, erasedBy, reason } of await listTombstones(worker, tenant))
    write(`${tenantId} ${merchantId} ${erasedAt.toISOString()} ${erasedBy}: ${reason}\n`);
  return 0 as const;
}

async function show(deps: EraseMerchantDeps, which: Which, write: Write): Promise<0 | 1> {
  const plan = await planErasure(deps, which);
  if (plan === null) return unknown(which, write);
  write(`Of merchant ${which.merchantId} of ${which.tenantId} would be erased:\n\n`);
  write('  deals-svc      who the merchant and the owners are, in\n');
  for (const { id, status } of plan.deals) write(`                 deal ${id}, ${status}\n`);
  for (const [what, count] of Object.entries(plan.rows)) write(`                 ${count} ${what}\n`);
  write('  documents-svc  bank statements: files, names, accounts, transactions\n');
  write("  signing-svc    agreements: files, recipients, parties; the mock provider's copy\n");
  write('  sms-svc        texts: numbers and words; consents. A STOP stays\n');
  write('  auth-svc       dead letters\n\n');
  if (plan.against.length === 0) write('Nothing was erased. Add --yes to erase it.\n');
  else write(`It cannot be erased yet:\n${lines(plan.against)}`);
  return plan.against.length === 0 ? 0 : 1;
}

async function erase(
  deps: EraseMerchantDeps,
  call: Which & { by: string; reason: string; waitSeconds: number },
  write: Write,
): Promise<0 | 1> {
  try {
    const ask = await eraseMerchant(deps, call);
    return ask === null ? unknown(call, write) : await untilAnswered(deps, { ...call, ask }, write);
  } catch (error) {
    if (!(error instanceof ErasureRefused)) throw error;
    write(`Nothing was erased:\n${lines(error.reasons)}`);
    return 1;
  }
}

/** Tells of each answer as it comes, until all have answered or the time is over. */
async function untilAnswered(
  deps: EraseMerchantDeps,
  { tenantId, merchantId, ask, waitSeconds }: Which & { ask: number; waitSeconds: number },
  write: Write,
): Promise<0 | 1> {
  const deadline = Date.now() + waitSeconds * 1_000;
  const done = new Set<Publisher>();
  for (;;) {
    const state = await deps.inTenant(tenantId, ({ erasures }) => erasures.state(merchantId));
    for (const service of publishers) {
      if (done.has(service) || (state?.answered[service] ?? 0) < ask) continue;
      done.add(service);
      write(`${service} has erased what it had.\n`);
    }
    const silent = publishers.filter((service) => !done.has(service));
    const result = `Merchant ${merchantId} is erased in ${done.size} of ${publishers.length}`;
    if (silent.length === 0) {
      write(`${result}.\n`);
      return 0;
    }
    if (Date.now() > deadline) {
      write(`${result}. ${silent.join(', ')} did not answer within ${waitSeconds} s.\n`);
      write('Each does it as soon as it can. Run this again to ask again, and to see.\n');
      return 1;
    }
    await sleep(200);
  }
}

function unknown({ tenantId, merchantId }: Which, write: Write): 1 {
  write(`${tenantId} has no merchant ${merchantId}.\n`);
  return 1;
}

function lines(sentences: readonly string[]): string {
  return sentences.map((sentence) => `  ${sentence}\n`).join('');
}

type Call =
  | { verb: 'list'; tenant: string | undefined }
  | {
      verb: 'erase';
      tenant: string | undefined;
      merchant: string;
      yes: boolean;
      reason: string;
      by: string;
      waitSeconds: number;
    };

/** The call, or what is wrong with it. */
function readCall(args: readonly string[]): Call | string {
  try {
    const { values, positionals } = parse(args);
    if (values.help) return 'help';
    const words = positionals.join(' ');
    const { tenant, merchant, yes, reason, wait } = values;
    if (tenant !== undefined && !/^[a-z0-9-]{1,63}$/.test(tenant)) return `"${tenant}" is no tenant's ID.`;
    if (words === 'erase list') return { verb: 'list', tenant };
    if (words !== 'erase') return `There is no "${words}". --help tells what there is.`;
    if (merchant === undefined || !isUuid(merchant)) return 'erase takes --merchant ID, the UUID of a merchant.';
    if (reason.trim() === '' || reason.length > 200) return '--reason takes 1 to 200 characters.';
    const waitSeconds = Number(wait);
    if (!(waitSeconds >= 0 && waitSeconds <= 3_600)) return `--wait takes 0 to 3600 seconds, not "${wait}".`;
    const by = (values.by ?? userInfo().username).slice(0, 100);
    return { verb: 'erase', tenant, merchant: merchant.toLowerCase(), yes, reason: reason.trim(), by, waitSeconds };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      merchant: { type: 'string' },
      tenant: { type: 'string' },
      reason: { type: 'string', default: 'on request' },
      by: { type: 'string' },
      wait: { type: 'string', default: String(defaultWaitSeconds) },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}
