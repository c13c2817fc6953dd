import { parseArgs } from 'node:util';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { openStorage, type StorageConfig } from '@uw-wizard/shared/platform/open-storage';
import { openPool } from '@uw-wizard/shared/platform/traced-pool';
import { createAuditAnchors } from './data/audit-anchors.ts';
import { createAuditVerifyReads } from './data/audit-verify.ts';
import type { AuditKeys } from './domain/audit-chain.ts';
import { verifyAudit } from './usecases/verify-audit.ts';

export const auditHelp = `Whether the audit log is what was written.

  audit verify [--tenant ID]  walks each tenant's chain (or that of one) from its first row to its last, and holds it against
                              the anchors in file storage
  --help                      this text

Tells each row that was changed, removed or moved, an end that was cut off, and a chain that was written anew.
Ends with 0 when all is as it was written, with 1 when it is not or could not be read, with 2 when the command line is wrong.
`;

/** What the audit log is verified with. */
export type AuditParts = {
  databaseWorkerUrl: string;
  auditKeys: AuditKeys;
  storage: StorageConfig;
  spoolDir: string;
};

/** The words that make a command line one about the audit log. */
export function isAuditCall(args: readonly string[]): boolean {
  return args[0] === 'audit';
}

/** Does what the command line asks for and gives the exit code. `open` gives what there is, and is asked only when needed. */
export async function runAudit(
  args: readonly string[],
  deps: { open: () => Promise<AuditParts & { close?: () => Promise<void> }>; write: (text: string) => void },
): Promise<0 | 1 | 2> {
  const call = readCall(args);
  if (typeof call === 'string') {
    deps.write(call === 'help' ? auditHelp : `${call}\n`);
    return call === 'help' ? 0 : 2;
  }
  const parts = await deps.open();
  try {
    return (await verifyAll(parts, call.tenant, deps.write)) ? 0 : 1;
  } finally {
    await parts.close?.();
  }
}

/** Whether the chains of all tenants, or of one, are sound; says what is found. */
async function verifyAll(parts: AuditParts, only: string | undefined, write: (text: string) => void): Promise<boolean> {
  const pool = openPool({ connectionString: parts.databaseWorkerUrl, max: 2, connectionTimeoutMillis: 5_000 });
  const log = createLogger({ service: 'audit', level: 'error' });
  const storage = await openStorage(parts.storage, log);
  try {
    const reads = createAuditVerifyReads(pool);
    const anchors = createAuditAnchors({ storage, keys: parts.auditKeys, spoolDir: parts.spoolDir });
    const known = only === undefined ? new Set([...(await reads.tenants()), ...(await anchors.tenants())]) : [only];
    let sound = true;
    for (const tenantId of [...known].toSorted()) {
      const deps = { keys: parts.auditKeys, ...reads, anchorsOf: anchors.of };
      const verdict = await verifyAudit(deps, tenantId);
      const found = `${verdict.rows} row(s), ${verdict.anchors} anchor(s)`;
      if (verdict.faults.length === 0) write(`${tenantId}: ${found}, as they were written\n`);
      else sound = false;
      for (const { kind, detail } of verdict.faults) write(`${tenantId}: ${kind}: ${detail}\n`);
    }
    if ([...known].length === 0) write('There are no rows.\n');
    return sound;
  } finally {
    storage.close();
    await pool.end();
  }
}

function readCall(args: readonly string[]): { tenant: string | undefined } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { tenant: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    if (values.help) return 'help';
    if (positionals.join(' ') !== 'audit verify')
      return `There is no "${positionals.join(' ')}". --help tells what there is.`;
    return { tenant: values.tenant };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
