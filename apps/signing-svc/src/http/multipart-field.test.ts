import { expect, test } from 'vitest';
import { multipartField } from './multipart-field.ts';

const part = (disposition: string, content: string) =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}`;
const json = `${part('name="json"', '{"a":1}')}\r\n`;
const file = part('name="file"; filename="a.pdf"', '%PDF-1.7');
const read = (body: string, type = 'multipart/form-data; boundary=b') =>
  multipartField(Buffer.from(body), type, 'json');

test('the field of a form is found among its files', async () => {
  expect(await read(`${file}\r\n${json}--b--\r\n`)).toBe('{"a":1}');
  expect(await read(`${file}\r\n--b--\r\n`)).toBeNull();
});

test('a form that ends within a file, a head or a field holds nothing, and harms nobody', async () => {
  for (const body of [file, `${json}${file}`, `${json}${part('name="x"', 'y')}`, '--b\r\nContent-Dis', json, '']) {
    await expect(read(body), body).resolves.toBeNull();
  }
  expect(await read(json, 'multipart/form-data')).toBeNull();
});
