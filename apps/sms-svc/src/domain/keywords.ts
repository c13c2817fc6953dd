/** What an inbound text asks for. */
export type Keyword = 'stop' | 'start' | 'yes' | 'help';

/**
 * The words that revoke consent: the union of 47 CFR 64.1200(a)(10) (stop, quit, end, revoke, opt out, cancel,
 * unsubscribe) and what the carriers and the large providers honour.
 */
const stopWords = new Set([
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
]);

/**
 * Sentences that a reasonable person reads as "stop" (47 CFR 64.1200(a)(10): any reasonable manner counts). Written
 * against the whole normalised text; each pattern is linear.
 */
const stopSentences = [
  /\b(?:STOP|QUIT|CEASE) (?:TEXTING|MESSAGING|SENDING|CONTACTING|BOTHERING|SMSING|WRITING)\b/,
  /\b(?:STOP|NO MORE|CANCEL|END) (?:(?:THESE|THE|THIS|ALL|YOUR|MY|SENDING) ){0,5}(?:TEXTS?|MESSAGES?|SMS|SUBSCRIPTION)\b/,
  /\b(?:DO NOT|DONT|DON'T|NEVER) (?:TEXT|MESSAGE|CONTACT|SEND|WRITE)\b/,
  /\b(?:REMOVE|DELETE|UNSUBSCRIBE|OPT) (?:ME|MY NUMBER|THIS NUMBER)\b/,
  /\bTAKE (?:ME|MY NUMBER) OFF\b/,
  /\b(?:I WANT TO|I'D LIKE TO|PLEASE|PLS|WANT TO|LET ME) (?:OPT OUT|OPT-OUT|OPTOUT|UNSUBSCRIBE)\b/,
  /\b(?:I )?(?:REVOKE|WITHDRAW) (?:MY )?CONSENT\b/,
  /\bLEAVE ME ALONE\b/,
  /^(?:PLEASE|PLS) (?:STOP|QUIT|END|CANCEL|UNSUBSCRIBE|REMOVE)$/,
  /^(?:STOP|QUIT|END|CANCEL|UNSUBSCRIBE|REMOVE) (?:IT|THIS|NOW|PLEASE|PLS|ALREADY|THANKS|THANK YOU)(?: PLEASE| PLS| NOW)?$/,
];

/** "Don't stop texting me" asks for the opposite. */
const stopDenied = /\b(?:DO NOT|DONT|DON'T|NEVER|NO NEED TO|NOT) (?:STOP|QUIT|END|CANCEL|REMOVE|UNSUBSCRIBE|OPT)\b/;

/** Text with capital letters, single inner spaces, plain apostrophes, and without punctuation around it. */
function normalise(text: string): string {
  const spoken = text
    .slice(0, 1600)
    .normalize('NFKC')
    .replaceAll(/[\u2018\u2019\u02bc]/g, "'")
    .toUpperCase()
    .replaceAll(/\s+/g, ' ');
  return /^[^\p{L}\p{N}]*(.*[\p{L}\p{N}])?/su.exec(spoken)?.[1] ?? '';
}

/** The keyword in an inbound text, or null when it is an ordinary one. */
export function keywordOf(text: string): Keyword | null {
  const said = normalise(text);
  if (stopWords.has(said)) return 'stop';
  if (said === 'START' || said === 'UNSTOP') return 'start';
  if (said === 'YES') return 'yes';
  if (said === 'HELP' || said === 'INFO') return 'help';
  if (!stopDenied.test(said) && stopSentences.some((sentence) => sentence.test(said))) return 'stop';
  return null;
}
