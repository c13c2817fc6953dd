const LETTER_WIDTH = 5;
const LETTER_HEIGHT = 9;
const LINE_HEIGHT = 12;

/** A run of text on a page, in points from the top left, as a PDF reader hands it over. */
export type GridItem = { page: number; x: number; y: number; width: number; height: number; text: string };

/**
 * A document drawn with letters, as if every page were typed on a typewriter: each run of words becomes an item where it stands.
 * Two spaces or more separate runs. What stands above what is what a test says about a layout, so it can be seen in the test.
 */
export function textGrid(...pages: string[]): { pages: { width: number; height: number }[]; items: GridItem[] } {
  return {
    pages: pages.map(() => ({ width: 612, height: 792 })),
    items: pages.flatMap((text, at) =>
      text.split('\n').flatMap((line, row) =>
        [...line.matchAll(/\S+(?: \S+)*/g)].map((run) => ({
          page: at + 1,
          x: 20 + run.index * LETTER_WIDTH,
          y: 40 + row * LINE_HEIGHT,
          width: run[0].length * LETTER_WIDTH,
          height: LETTER_HEIGHT,
          text: run[0],
        })),
      ),
    ),
  };
}
