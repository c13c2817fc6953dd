import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpool } from '../src/http/spool.ts';
import { type House, headersOf, objectOf, openHouse, sendJson } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse({ unixSockets: true });
});
afterEach(async () => {
  expect(await house.spooled()).toEqual([]);
  await eventually(async () => expect(await openUploads()).toEqual([]));
  await house.close();
});

/** Uploads that this process still holds open, where the system can tell; their names are gone from the folder at once. */
async function openUploads(): Promise<string[]> {
  const handles = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(handles.map((handle) => readlink(`/proc/self/fd/${handle}`).catch(() => '')));
  return targets.filter((target) => target.includes('/spool/upload-'));
}

type Part = { name: string; filename?: string; type?: string; bytes: Buffer | string };

/** A multipart body as a client writes it, with the boundary it happens to choose. */
function form(parts: readonly Part[], boundary = `b${randomBytes(12).toString('hex')}`) {
  const chunks = parts.flatMap(({ name, filename, type, bytes }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n${
        type === undefined ? '' : `Content-Type: ${type}\r\n`
      }\r\n`,
    ),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}

const pdf = (n: number) => ({
  name: 'files',
  filename: `${n}.pdf`,
  type: 'application/pdf',
  bytes: Buffer.alloc(200_000, n),
});
const three: Part[] = [pdf(1), pdf(2), pdf(3), { name: 'note', bytes: 'hello' }];
const upload = '/api/documents/bank/upload?deal_id=1&merchant_id=2';

async function send(headers: Record<string, string>, { body, type }: { body: Buffer | ReadableStream; type: string }) {
  const init = { method: 'POST', headers: { ...headers, 'content-type': type }, body, duplex: 'half' };
  const response = await fetch(`${house.baseUrl}${upload}`, init as RequestInit);
  const answer = await objectOf(response);
  return { status: response.status, answer, replayed: response.headers.get('idempotent-replayed') };
}

describe('an upload', () => {
  it('reaches its service as it was sent, with its length', async () => {
    const sent = form(three);
    expect((await send(headersOf(), sent)).status).toBe(200);
    const [seen] = house.seen;
    expect(seen?.body.equals(sent.body)).toBe(true);
    expect(seen?.headers).toMatchObject({ 'content-type': sent.type, 'content-length': String(sent.body.length) });
    expect(seen?.identity?.fp).toMatch(/^[0-9a-f]{64}$/);
  });

  it('sent again with another boundary is a replay', async () => {
    let count = 0;
    house.reply = (_seen, res) => {
      count += 1;
      sendJson(res, 200, { count });
    };
    const headers = headersOf();
    expect(await send(headers, form(three))).toMatchObject({ status: 200, replayed: null });
    expect(await send(headers, form(three))).toEqual({ status: 200, answer: { count: 1 }, replayed: 'true' });
    expect(house.seen).toHaveLength(1);
  });

  it.each<[string, Part[]]>([
    ['a byte', [pdf(1), pdf(2), { ...pdf(3), bytes: Buffer.alloc(200_000, 4) }, { name: 'note', bytes: 'hello' }]],
    ['a file name', [{ ...pdf(1), filename: 'other.pdf' }, ...three.slice(1)]],
    ['a type', [{ ...pdf(1), type: 'application/x-pdf' }, ...three.slice(1)]],
    ['the field of a file', [{ ...pdf(1), name: 'others' }, ...three.slice(1)]],
    ['the order', [pdf(2), pdf(1), ...three.slice(2)]],
    ['a text field', [...three.slice(0, 3), { name: 'note', bytes: 'hallo' }]],
    ['one part more', [...three, { name: 'note', bytes: 'hello' }]],
  ])('that differs in %s is another request', async (_what, parts) => {
    const headers = headersOf();
    await send(headers, form(three));
    expect(await send(headers, form(parts))).toMatchObject({ status: 422, answer: { code: 'idempotency-key-reused' } });
    expect(house.seen).toHaveLength(1);
  });

  it.each([
    ['utf-8', 'A', 'Ł'],
    ['utf-8', Buffer.from([0xc0]), Buffer.from([0xc1])],
    ['iso-8859-2', 'A', 'B'],
  ])('with a text field in %s is taken, and told from one with another text', async (charset, one, other) => {
    const note = (bytes: Buffer | string) => form([{ name: 'note', type: `text/plain; charset=${charset}`, bytes }]);
    const headers = headersOf();
    expect((await send(headers, note(one))).status).toBe(200);
    expect(await send(headers, note(other))).toMatchObject({ status: 422, answer: { code: 'idempotency-key-reused' } });
  });

  it('that is cut off or has too many parts is the service’s to judge, and still told from another', async () => {
    house.reply = (_seen, res) => sendJson(res, 200, {});
    const cut = { ...form(three, 'same'), body: form(three, 'same').body.subarray(0, 300_000) };
    const many = form(
      Array.from({ length: 150 }, (_, n) => ({ name: `f${n}`, bytes: 'x' })),
      'same',
    );
    for (const odd of [cut, many]) {
      const headers = headersOf();
      expect((await send(headers, odd)).status).toBe(200);
      expect((await send(headers, odd)).replayed).toBe('true');
      expect((await send(headers, form(three, 'same'))).status).toBe(422);
    }
  });

  it('that is no multipart form is refused', async () => {
    for (const type of ['application/pdf', 'multipart/form-data', 'multipart/mixed; boundary=x']) {
      expect(await send(headersOf(), { body: Buffer.from('x'), type })).toMatchObject({
        status: 415,
        answer: { code: 'unsupported-media-type' },
      });
    }
  });

  it('over its limit is refused, whether it says its length or not', async () => {
    const slices = () => {
      let left = 65;
      return new ReadableStream({
        pull(controller) {
          left -= 1;
          if (left < 0) controller.close();
          else controller.enqueue(new Uint8Array(1024 * 1024));
        },
      });
    };
    const { type } = form([]);
    const tooLarge = { status: 413, answer: { code: 'body-too-large' } };
    expect(await send(headersOf(), { body: slices(), type })).toMatchObject(tooLarge);
    expect(await send(headersOf(), { body: slices(), type: 'text/plain' })).toMatchObject(tooLarge);
    const announced = await new Promise<number>((resolve, reject) => {
      const headers = headersOf({ 'content-type': type, 'content-length': String(65 * 1024 * 1024) });
      const call = request(`${house.baseUrl}${upload}`, { method: 'POST', headers }, (res) => {
        resolve(res.statusCode ?? 0);
        call.destroy();
      });
      call.on('error', reject);
      call.flushHeaders();
    });
    expect(announced).toBe(413);
    expect(house.seen).toEqual([]);
  });

  it('whose client hangs up half-way leaves nothing, and its key is free', async () => {
    const sent = form(three);
    const headers = headersOf();
    const call = request(`${house.baseUrl}${upload}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': sent.type, 'content-length': String(sent.body.length) },
    });
    call.on('error', () => undefined);
    await new Promise((resolve) => call.write(sent.body.subarray(0, 100_000), resolve));
    call.destroy();
    expect((await send(headers, form([pdf(9)]))).status).toBe(200);
  });

  it('is sent once more, whole, when the service broke the connection', async () => {
    const sent = form(three);
    house.reply = (_seen, res, req) => (house.seen.length === 1 ? req.socket.destroy() : sendJson(res, 200, {}));
    expect((await send(headersOf(), sent)).status).toBe(200);
    expect(house.seen.map(({ body }) => body.equals(sent.body))).toEqual([true, true]);
  });

  it('to a service that is away says so and leaves nothing', async () => {
    const server = house.serverOf('documents-svc');
    server?.close();
    server?.closeAllConnections();
    expect(await send(headersOf(), form(three))).toMatchObject({
      status: 503,
      answer: { code: 'service-unavailable' },
    });
  });
});

describe('the spool', () => {
  it('is emptied at start, of uploads and of nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'uw-spool-'));
    await writeFile(join(folder, 'upload-018f0000-0000-7000-8000-000000000000'), 'left by a crash');
    await writeFile(join(folder, 'notes.txt'), 'somebody else’s');
    await openSpool(folder);
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  it('holds so many bytes together and no more, and has room again afterwards', async () => {
    const spool = await openSpool(await mkdtemp(join(tmpdir(), 'uw-spool-')), { maxBytes: 1_000 });
    const receive = (bytes: number) => {
      const { body, type } = form([{ name: 'f', bytes: Buffer.alloc(bytes) }]);
      const req = Object.assign(Readable.from([body]), { headers: { 'content-type': type } });
      // A stream with headers is all that the spool looks at.
      return spool.receive(req as unknown as Parameters<typeof spool.receive>[0], 'multipart/form-data', 5_000);
    };
    const first = await receive(500);
    await expect(receive(500)).rejects.toMatchObject({ kind: { code: 'service-unavailable' } });
    await first.discard();
    const second = await receive(500);
    await second.discard();
  });
});
