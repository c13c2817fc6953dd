import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type AuditKeys, type Head, isSealed, sealOf } from '../domain/audit-chain.ts';

/** Where a chain ended at a time, as it is told outside of the database. */
export type Anchor = Head & { readonly at: string };

/** An anchor that was found; `sound` says whether one of our keys has signed it. */
export type FoundAnchor = { readonly key: string; readonly anchor: Anchor | null; readonly sound: boolean };

const anchorSchema = z.object({
  tenant_id: z.string(),
  seq: z.int().positive(),
  hmac: z.string(),
  at: z.iso.datetime(),
  seal: z.string(),
});

/** Anchors of the audit log's chains in file storage: a small file each, which nobody changes or removes. */
export function createAuditAnchors(deps: {
  storage: Pick<Storage, 'put' | 'read' | 'listOlderThan'>;
  keys: AuditKeys;
  /** Where files lie while they are written. */
  spoolDir: string;
}) {
  const { storage, keys, spoolDir } = deps;
  return {
    async put(tenantId: string, { seq, hmac, at }: Anchor): Promise<void> {
      const seal = sealOf(keys[0], tenantId, { seq, hmac });
      const text = `${JSON.stringify({ tenant_id: tenantId, seq, hmac, at, seal })}\n`;
      const checksum = createHash('sha256').update(text).digest('hex');
      await mkdir(spoolDir, { recursive: true, mode: 0o700 });
      const id = uuidv7();
      const path = join(spoolDir, `${id}.json`);
      try {
        await writeFile(path, text, { mode: 0o600 });
        await storage.put(`${tenantId}/${id}/${checksum}.json`, path);
      } finally {
        await rm(path, { force: true });
      }
    },

    /** Those of one tenant, in no order. */
    async *of(tenantId: string): AsyncGenerator<FoundAnchor> {
      for await (const key of storage.listOlderThan(-60_000, tenantId)) {
        const anchor = await readAnchor(storage, key);
        const sound = anchor?.tenant_id === tenantId && isSealed(keys, tenantId, anchor, anchor.seal);
        yield { key, anchor, sound };
      }
    },

    /** The tenants that have any. */
    async tenants(): Promise<Set<string>> {
      const tenants = new Set<string>();
      for await (const key of storage.listOlderThan(-60_000)) tenants.add(key.split('/')[0] ?? '');
      return tenants;
    },
  };
}

const mostBytes = 10_000;

/** Null for a file whose bytes are not those that were kept, or that is no anchor. */
async function readAnchor(storage: Pick<Storage, 'read'>, key: string) {
  const found = await storage.read(key);
  if (found === null) return null;
  if (found.sizeBytes > mostBytes) {
    found.stream.destroy();
    return null;
  }
  try {
    let text = '';
    for await (const part of found.stream) text += String(part);
    return anchorSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
