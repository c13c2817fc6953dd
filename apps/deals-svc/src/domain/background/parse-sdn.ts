import { parse } from 'csv-parse/sync';
import { prepareName } from './listed-name.ts';
import type { SanctionsEntry, SanctionsList } from './match-sanctions.ts';

const SDN_COLUMNS = 12;
const ALT_COLUMNS = 5;

/**
 * Reads OFAC's list of Specially Designated Nationals: `sdn.csv` (ent_num, name, type, program, title, call sign, vessel
 * type, tonnage, GRT, flag, owner, remarks; no header, `-0-` for nothing) and, when given, `alt.csv` (ent_num, alt_num,
 * type, name, remarks) with the other names of the same entries. `asOf` is the date of the list, shown with every result.
 * Throws an Error that names the row when the text is not such a list, and on an empty one: nobody passes against no list.
 */
export function parseSdn(texts: { sdn: string; alt?: string }, asOf: Date): SanctionsList {
  const otherNames = new Map<string, string[]>();
  for (const row of rowsOf(texts.alt ?? '', 'alt.csv', ALT_COLUMNS)) {
    const [entNum = '', , , name = ''] = row;
    otherNames.set(entNum, [...(otherNames.get(entNum) ?? []), name]);
  }
  const entries = rowsOf(texts.sdn, 'sdn.csv', SDN_COLUMNS).map((row): SanctionsEntry => {
    const [entNum = '', name = '', type = '', program = ''] = row;
    const isIndividual = type.toLowerCase() === 'individual';
    const names = [name, ...(otherNames.get(entNum) ?? [])].filter((known) => known !== '');
    return {
      entNum,
      // Entities have no type of their own in the file.
      type: type === '' ? 'entity' : type.toLowerCase(),
      programs: program.split(/\]\s*\[|;/u).flatMap((part) => part.replace(/[[\]]/gu, '').trim() || []),
      names: names.map((known) => prepareName(known, isIndividual)),
    };
  });
  if (entries.length === 0) throw new Error('sdn.csv holds no entries');
  return { asOf, entries };
}

function rowsOf(text: string, file: string, columns: number): string[][] {
  return recordsOf(text, file).map((row, at) => {
    const values = row.map((value) => (value === '-0-' ? '' : value));
    if (values.length < columns || !/^\d+$/u.test(values[0] ?? '')) {
      throw new Error(`${file}, record ${at + 1}: expected ${columns} columns, the first a number`);
    }
    return values;
  });
}

function recordsOf(text: string, file: string): string[][] {
  try {
    // The files end with the DOS end-of-file character.
    return parse(text.replaceAll('\u001a', ''), {
      bom: true,
      skipEmptyLines: true,
      relaxColumnCount: true,
      trim: true,
    });
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
