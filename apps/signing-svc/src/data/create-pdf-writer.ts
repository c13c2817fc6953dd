import type { Logger } from '@uw-wizard/shared/platform/logger';
import { Piscina } from 'piscina';
import type { Agreement } from '../domain/agreement.ts';
import type { MockEnvelope } from './mock/ledger.ts';

export type PdfWriter = {
  /** @see renderAgreement */
  render(agreement: Agreement, createdAt: Date): Promise<Buffer>;
  /** @see stampSigned */
  stamp(envelope: MockEnvelope): Promise<Buffer>;
  close(): Promise<void>;
};

const deadlineMs = 20_000;

/**
 * Writes PDFs in a thread of its own, which is there while there is work: one takes some milliseconds, in which the service
 * would answer nobody. One that takes longer than 20 s costs the thread, and rejects.
 */
export function createPdfWriter({ log }: { log: Logger }): PdfWriter {
  const pool = new Piscina<unknown, Uint8Array<ArrayBuffer>>({
    filename: new URL('./pdf.worker.ts', import.meta.url).href,
    env: {},
    atomics: 'disabled',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 60_000,
  });
  // A thread that dies between two documents is replaced; unheard, its end would end the service.
  pool.on('error', (error: unknown) => log.error({ err: error }, 'the thread that writes PDFs has died'));
  const run = async (name: 'render' | 'stamp', task: unknown): Promise<Buffer> => {
    const { buffer, byteOffset, length } = await pool.run(task, { name, signal: AbortSignal.timeout(deadlineMs) });
    return Buffer.from(buffer, byteOffset, length);
  };
  return {
    render: (agreement, createdAt) => run('render', { agreement, createdAt }),
    stamp: (envelope) => run('stamp', envelope),
    close: () => pool.close({ force: true }),
  };
}
