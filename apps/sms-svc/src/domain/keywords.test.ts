import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keywordOf } from './keywords.ts';

const stops = [
  'STOP',
  'STOPALL',
  'STOP ALL',
  'UNSUBSCRIBE',
  'CANCEL',
  'END',
  'QUIT',
  'REVOKE',
  'OPTOUT',
  'OPT OUT',
  'OPT-OUT',
  'REMOVE',
];

test.each(stops)('"%s" stops, in any case and with punctuation and spaces around it', (word) => {
  for (const text of [
    word,
    word.toLowerCase(),
    `  ${word}. `,
    `"${word}"!!!`,
    `\n${word}\t`,
    word.replace(' ', '   '),
  ]) {
    expect(keywordOf(text)).toBe('stop');
  }
});

test.each([
  'please stop texting me',
  'Stop sending me messages',
  'stop it please',
  'Please stop.',
  'don’t text me again',
  'do not contact this number',
  'take me off your list',
  'remove me from this list',
  'I want to opt out',
  'no more texts',
  'unsubscribe me now',
  'I revoke my consent',
  'LEAVE ME ALONE',
])('a sentence that plainly asks to stop counts: "%s"', (text) => {
  expect(keywordOf(text)).toBe('stop');
});

test.each([
  "don't stop texting me",
  'I will stop by your office tomorrow',
  'When does the term end?',
  'Can I cancel the second offer and take the first?',
  'we are open non-stop',
  'The payments stop in May, right?',
  'yes please',
  'helpful, thanks',
  'Where do I start?',
  '',
])('an ordinary text is nobody\'s keyword: "%s"', (text) => {
  expect(keywordOf(text)).toBeNull();
});

test('START, UNSTOP, YES, HELP and INFO are known whatever stands around them', () => {
  expect([' start ', 'UnStop!', 'Yes.', '(help)', 'info?'].map(keywordOf)).toEqual([
    'start',
    'start',
    'yes',
    'help',
    'help',
  ]);
});

test('no text, however odd, takes long or breaks the reading of keywords', () => {
  fc.assert(fc.property(fc.string({ maxLength: 5000, unit: 'binary' }), (text) => void keywordOf(text)));
  const started = performance.now();
  keywordOf('STOP THE '.repeat(100_000));
  keywordOf('THESE '.repeat(100_000));
  keywordOf('!'.repeat(1_000_000));
  expect(performance.now() - started).toBeLessThan(1_000);
});
