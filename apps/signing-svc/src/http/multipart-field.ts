import busboy from 'busboy';

/**
 * The text of one field of a buffered multipart body, or null when it is not there, too large or not multipart. Files are
 * passed over; a body has a handful of parts at most.
 */
export function multipartField(body: Buffer, contentType: string, name: string): Promise<string | null> {
  return new Promise((resolve) => {
    let value: string | null = null;
    let parser: ReturnType<typeof busboy>;
    try {
      parser = busboy({
        headers: { 'content-type': contentType },
        limits: { fields: 20, fieldNameSize: 100, fieldSize: 1024 * 1024, files: 5, parts: 25 },
      });
    } catch {
      return resolve(null);
    }
    parser.on('field', (field, text, info) => {
      if (field === name && value === null && !info.valueTruncated && !info.nameTruncated) value = text;
    });
    parser.on('file', (_field, stream) => {
      // A form that ends within a file says so to the file's stream first; unheard, that would end the process.
      stream.on('error', () => undefined);
      stream.resume();
    });
    parser.on('error', () => resolve(null));
    parser.on('close', () => resolve(value));
    parser.end(body);
  });
}
