import type { CustomFetch } from 'openid-client';

/** No answer of a provider is longer. */
const maxBytes = 1024 * 1024;

/** The provider does not answer, or says that it cannot now. */
class ProviderAway extends Error {}

/** Whether that is why something failed, at whatever depth. */
export function isAway(error: unknown): boolean {
  return error instanceof ProviderAway || (error instanceof Error && isAway(error.cause));
}

/**
 * Asks `hosts` alone, whatever addresses a provider names, and reads short answers alone. No redirect is followed: the
 * library asks for none, and takes one for an answer that is none.
 */
export function createOidcFetch(hosts: ReadonlySet<string>): CustomFetch {
  return async (url, options) => {
    const { host } = new URL(url);
    if (!hosts.has(host)) throw new Error(`${host} is neither the issuer's host nor one of OIDC_HOSTS`);
    const response = await away(fetch(url, options as RequestInit));
    const { status, headers } = response;
    if (status >= 500 || status === 429) {
      await response.body?.cancel();
      throw new ProviderAway(`${host} answered ${status}`);
    }
    const body = await readShort(response, host);
    return new Response(body.length === 0 ? null : body, { status, headers });
  };
}

async function readShort({ body }: Response, host: string): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await away(reader.read());
    if (done) break;
    bytes += value.length;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new Error(`${host} answered more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

async function away<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (cause) {
    throw new ProviderAway('no answer', { cause });
  }
}
