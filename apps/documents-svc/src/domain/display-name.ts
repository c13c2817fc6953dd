const MAX_LENGTH = 255;

/**
 * A client's file name as we show it: NFC, one line, no control or direction-changing characters, no folders, at most 255
 * characters with its extension kept. It is shown and offered at download, and is never part of a path.
 */
export function displayName(given: string): string {
  const name = given
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .split(/[/\\]/)
    .join('_')
    .replace(/\s+/g, ' ')
    .trim();
  if (name === '' || /^\.+$/.test(name)) return 'statement.pdf';
  if (name.length <= MAX_LENGTH) return name;
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? '';
  let kept = '';
  for (const letter of name) {
    if (kept.length + letter.length + extension.length > MAX_LENGTH) break;
    kept += letter;
  }
  return `${kept}${extension}`;
}
