import type { DocumentText, TextItem } from './model.ts';

/** A word where it stands: `x0` and `x1` are its left and right edge in points. */
export type Word = { x0: number; x1: number; text: string };

/** Words that share a baseline, from left to right. `height` is the size of the letters, `y` grows downwards. */
export type Line = { page: number; y: number; height: number; words: Word[]; text: string };

/** Baselines of one printed line differ by less than this share of the letters' height. */
const SAME_LINE = 0.35;
/** A gap wider than this share of the letters' height separates words that come as separate runs. */
const WORD_GAP = 0.15;
/** A gap wider than this share of the letters' height separates table cells; a space is a quarter to 0.6 of it. */
const CELL_GAP = 0.85;

/** The lines of a document, page by page from the top. Text printed twice on one place (poor man's bold) counts once. */
export function linesOf(document: DocumentText): Line[] {
  const byPage = Map.groupBy(document.items, (item) => item.page);
  return [...byPage.keys()].sort((a, b) => a - b).flatMap((page) => linesOfPage(byPage.get(page) ?? []));
}

function linesOfPage(items: TextItem[]): Line[] {
  const sorted = [...items].sort((a, b) => a.y - b.y || a.x - b.x);
  const groups: TextItem[][] = [];
  let last: TextItem[] = [];
  for (const item of sorted) {
    const first = last.find(({ text }) => text.trim() !== '');
    const height = Math.min(heightOf(item), first === undefined ? heightOf(item) : heightOf(first));
    if (first !== undefined && item.y - first.y <= height * SAME_LINE) last.push(item);
    else {
      last = [item];
      groups.push(last);
    }
  }
  return groups.map(lineOf).filter((line) => line.words.length > 0);
}

function lineOf(items: TextItem[]): Line {
  const sorted = [...items].sort((a, b) => a.x - b.x);
  const height = Math.max(...sorted.filter(({ text }) => text.trim() !== '').map(heightOf), 1);
  const words: Word[] = [];
  let glue = false;
  let edge = Number.NEGATIVE_INFINITY;
  const seen: TextItem[] = [];
  for (const item of sorted) {
    if (seen.some((other) => other.text === item.text && Math.abs(other.x - item.x) < 1)) continue;
    seen.push(item);
    const pieces = wordsOf(item);
    const [head, ...rest] = pieces;
    if (head === undefined) {
      // A run of spaces ends a word, however narrow it is.
      glue = false;
      continue;
    }
    const previous = words.at(-1);
    if (previous !== undefined && glue && !/^\s/.test(item.text) && item.x - edge < height * WORD_GAP) {
      previous.text += head.text;
      previous.x1 = head.x1;
      words.push(...rest);
    } else words.push(...pieces);
    glue = !/\s$/.test(item.text);
    edge = item.x + item.width;
  }
  const [first] = sorted;
  return { page: first?.page ?? 0, y: first?.y ?? 0, height, words, text: words.map((word) => word.text).join(' ') };
}

/** A run's words; their places inside the run are measured by letters, which is exact for typewriter fonts and close for others. */
function wordsOf(item: TextItem): Word[] {
  const perLetter = item.width / Math.max(1, item.text.length);
  // The reader gives words; only other runs are taken apart.
  const word = item.text.trimEnd();
  if (word !== '' && !/\s/.test(word)) return [{ x0: item.x, x1: item.x + word.length * perLetter, text: word }];
  return [...item.text.matchAll(/\S+/g)].map((match) => ({
    x0: item.x + match.index * perLetter,
    x1: item.x + (match.index + match[0].length) * perLetter,
    text: match[0],
  }));
}

function heightOf(item: TextItem): number {
  return item.height !== undefined && item.height > 0 ? item.height : 9;
}

/** The words of a line joined into cells: neighbours stay together, wide gaps separate. */
export function cellsOf(line: Pick<Line, 'words' | 'height'>): Word[] {
  const cells: Word[] = [];
  for (const word of line.words) {
    const last = cells.at(-1);
    if (last !== undefined && word.x0 - last.x1 < line.height * CELL_GAP) {
      last.text += ` ${word.text}`;
      last.x1 = word.x1;
    } else cells.push({ ...word });
  }
  return cells;
}
