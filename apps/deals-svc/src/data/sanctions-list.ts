import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { SanctionsList } from '../domain/background/match-sanctions.ts';
import { parseSdn } from '../domain/background/parse-sdn.ts';

/** How long a list is used before its files' dates are looked at again. */
const recheckMs = 10_000;

type Loaded = { stamp: string; list: SanctionsList };

/**
 * The OFAC list in `folder` (`sdn.csv`, and `alt.csv` when it is there), read when it is first asked for and again when a
 * file's date has changed. Its date is that of `sdn.csv`. `null` without a folder, and when no list can be read: the check
 * is then not made, which the policy may require, and the log says why. A list that was replaced by an unreadable one
 * stays in use under its own date.
 */
export function createSanctionsList(
  folder: string | null,
  deps: { log: Logger; clock: () => Date },
): () => Promise<SanctionsList | null> {
  let loaded: Loaded | null = null;
  let loading: Promise<Loaded | null> | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  async function refresh(folder: string): Promise<Loaded | null> {
    try {
      return await load(folder, loaded);
    } catch (error) {
      deps.log.error({ err: error, folder }, 'the sanctions list cannot be read');
      return loaded;
    }
  }

  return async () => {
    if (folder === null) return null;
    const nowMs = deps.clock().getTime();
    if (nowMs - lookedAtMs >= recheckMs) {
      lookedAtMs = nowMs;
      loading = refresh(folder);
    }
    // Whoever asks while the list is being read waits for it.
    loaded = (await loading) ?? null;
    return loaded?.list ?? null;
  };
}

async function load(folder: string, before: Loaded | null): Promise<Loaded> {
  const paths = { sdn: join(folder, 'sdn.csv'), alt: join(folder, 'alt.csv') };
  const sdn = await stat(paths.sdn);
  const alt = await stat(paths.alt).catch(ignoreMissing);
  const stamp = [sdn.mtimeMs, sdn.size, alt?.mtimeMs, alt?.size].join(' ');
  if (before?.stamp === stamp) return before;
  const texts = {
    sdn: await readFile(paths.sdn, 'utf8'),
    ...(alt === undefined ? {} : { alt: await readFile(paths.alt, 'utf8') }),
  };
  return { stamp, list: parseSdn(texts, sdn.mtime) };
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
