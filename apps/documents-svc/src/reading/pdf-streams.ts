import { inflateSync } from 'node:zlib';

const DICTIONARY_SEARCH_BYTES = 2048;
/** Text of a page unpacks to some 100 KB. More is not looked through: other limits are for files built to exhaust the reader. */
const MAX_UNPACKED_BYTES = 8 * 1024 * 1024;

/**
 * What is wrong with the packed parts of a file (text of pages, fonts, tables of objects), or null when each of them unpacks.
 * PDFium reads a part that is damaged as far as it goes and says nothing: rows would be missing, or changed. Pictures hold no
 * text and are passed over, and so is all of an encrypted file, whose parts cannot be told from noise here.
 * @see ISO 32000-2, 7.3.8 (stream objects) and 7.4.4 (FlateDecode)
 */
export function packedFault(bytes: Buffer): string | null {
  if (bytes.includes('/Encrypt')) return null;
  for (let at = bytes.indexOf('stream'); at >= 0; at = bytes.indexOf('stream', at + 6)) {
    const begin = beginOfData(bytes, at);
    if (begin === null || !isPackedText(dictionaryBefore(bytes, at))) continue;
    const end = bytes.indexOf('endstream', begin);
    if (end < 0 || !unpacks(bytes.subarray(begin, end))) return 'The file is damaged: a part of it does not unpack';
    at = end;
  }
  return null;
}

/** Where the data of a stream begins whose keyword is at `at`; null when this is the end of one, or text. */
function beginOfData(bytes: Buffer, at: number): number | null {
  if (bytes.toString('latin1', at - 3, at) === 'end') return null;
  const [next, second] = bytes.subarray(at + 6, at + 8);
  if (next === 0x0a) return at + 7;
  return next === 0x0d && second === 0x0a ? at + 8 : null;
}

/** What an object says of its stream; nothing when it says more than anybody says of text. */
function dictionaryBefore(bytes: Buffer, at: number): string {
  const [, ...objects] = bytes.toString('latin1', Math.max(0, at - DICTIONARY_SEARCH_BYTES), at).split(/\bobj\b/);
  return objects.at(-1) ?? '';
}

function isPackedText(dictionary: string): boolean {
  return (
    /\/Filter\s*(\/FlateDecode|\[\s*\/FlateDecode\s*\])/.test(dictionary) && !/\/Subtype\s*\/Image\b/.test(dictionary)
  );
}

function unpacks(data: Buffer): boolean {
  // Some programs call the empty content of an empty page packed.
  if (data.toString('latin1', 0, 3).trim() === '') return true;
  try {
    inflateSync(data, { maxOutputLength: MAX_UNPACKED_BYTES });
    return true;
  } catch (error) {
    return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
  }
}
