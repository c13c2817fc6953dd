/** The provider did not answer in time; what became of the call is open. */
export class ProviderTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`the signing provider did not answer within ${timeoutMs} ms`);
    this.name = 'ProviderTimeout';
  }
}

/** Calls a provider with a deadline, which also holds for an adapter that does not heed its signal. */
export async function callProvider<T>(timeoutMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      abort.abort();
      reject(new ProviderTimeout(timeoutMs));
    }, timeoutMs);
  });
  try {
    return await Promise.race([call(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
