import { hash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DomainError } from '@uw-wizard/shared/errors';
import { SERVICE_UNAVAILABLE } from '../errors.ts';
import { digestBytes, digestParts } from './digest-parts.ts';
import { type Body, chunksOf } from './read-body.ts';

export type Spool = {
  /**
   * Takes a multipart body to disk while it comes, and says what its parts are; a body that says it is short stays in
   * memory. Throws `body-too-large`.
   */
  receive(req: IncomingMessage, mediaType: string, maxBytes: number): Promise<Body>;
};

const chunkBytes = 64 * 1024;
/** Three statements of a page or two. JSON bodies, which are kept in memory as well, may be longer. */
const shortBytes = 128 * 1024;
const fileName = /^upload-[0-9a-f-]{36}$/;

/**
 * Uploads while they wait for their service: files of mode 0600 in a folder of mode 0700, at most `maxBytes` together. A
 * file's name is removed as soon as the file is open, so that whatever ends the call, a crash too, ends the file; what an
 * earlier process could have left between those two steps is removed here.
 */
export async function openSpool(folder: string, options: { maxBytes?: number } = {}): Promise<Spool> {
  const capacityBytes = options.maxBytes ?? 2 * 1024 ** 3;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const left = (await readdir(folder)).filter((name) => fileName.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  let usedBytes = 0;

  return {
    async receive(req, mediaType, maxBytes) {
      if (Number(req.headers['content-length'] ?? Number.NaN) <= shortBytes) return inMemory(req, mediaType);
      const file = await openNameless(folder);
      let sizeBytes = 0;
      const discard = async () => {
        usedBytes -= sizeBytes;
        sizeBytes = 0;
        await file.close();
      };
      const parts = digestParts(req.headers['content-type'] ?? '');
      try {
        for await (const chunk of chunksOf(req, maxBytes)) {
          if (usedBytes + chunk.length > capacityBytes) throw spoolFull();
          usedBytes += chunk.length;
          sizeBytes += chunk.length;
          await Promise.all([file.writeFile(chunk), parts.write(chunk)]);
        }
        const length = sizeBytes;
        const read = () => Readable.from(bytesOf(file, length), { objectMode: false });
        const digest = (await parts.end()) ?? (await digestBytes(read()));
        return { sizeBytes: length, digest, mediaType, open: read, discard };
      } catch (error) {
        await discard();
        throw error;
      }
    },
  };
}

async function inMemory(req: IncomingMessage, mediaType: string): Promise<Body> {
  const parts = digestParts(req.headers['content-type'] ?? '');
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(req, shortBytes)) {
    chunks.push(chunk);
    await parts.write(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const digest = (await parts.end()) ?? hash('sha256', bytes);
  return { sizeBytes: bytes.length, digest, mediaType, open: () => bytes, discard: () => Promise.resolve() };
}

async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `upload-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}

/** All bytes from the start. Unlike the handle's own streams it leaves the handle open, for a second attempt. */
async function* bytesOf(file: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < sizeBytes; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) throw new Error('an upload ended before its length');
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function spoolFull(): DomainError {
  return new DomainError(SERVICE_UNAVAILABLE, 'Too many uploads are under way. Try again with the same key.', {
    retryAfterSeconds: 5,
  });
}
