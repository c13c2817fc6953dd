/** A multipart body as text would have it, with a boundary of one's choice. */
export function multipart(
  boundary: string,
  files: readonly { filename: string; pdf: Uint8Array }[],
): { type: string; bytes: Buffer } {
  const parts = files.flatMap(({ filename, pdf }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${filename}"\r\nContent-Type: application/pdf\r\n\r\n`,
    ),
    Buffer.from(pdf),
    Buffer.from('\r\n'),
  ]);
  const bytes = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, bytes };
}

/** A multipart body with one text field. */
export function oneField(name: string, value: string): { type: string; bytes: string } {
  const boundary = 'a-boundary';
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    bytes: `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--${boundary}--\r\n`,
  };
}
