import type { DeadLetter } from './dead-letters.ts';
import { maskText } from './mask.ts';

/**
 * A dead letter as a person reads it. Unless `unmasked`, its data keeps its form, ids, times and numbers and loses every
 * other text: it holds merchants' names, addresses and the like.
 */
export function showDeadLetter(letter: DeadLetter, { unmasked }: { unmasked: boolean }): string {
  const { id, publisher, type, reason, attempts, createdAt, replayedAt, discardedAt } = letter;
  const seenTo = (replayedAt ?? discardedAt)?.toISOString();
  const lines = [
    ['id', id],
    ['event', `${type} of ${publisher}`],
    ['given up', `${createdAt.toISOString()} after ${attempts} attempt(s)`],
    ['reason', unmasked ? reason : maskText(reason)],
    ['state', replayedAt ? `replayed ${seenTo}` : discardedAt ? `discarded ${seenTo}` : 'open'],
  ];
  const head = lines.map(([name = '', value]) => `${name.padEnd(9)} ${value}`).join('\n');
  return `${head}\n\n${unmasked ? letter.body : maskBody(letter.body)}\n`;
}

function maskBody(body: string): string {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    return `(${body.length} characters that are no JSON; --unmasked shows them)`;
  }
  if (typeof event !== 'object' || event === null) return JSON.stringify(maskValue(event));
  // Of the envelope only its data holds what somebody told us.
  const masked = Object.entries(event).map(([name, value]) => [name, name === 'data' ? maskValue(value) : value]);
  return JSON.stringify(Object.fromEntries(masked), null, 2);
}

const harmless = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)$/i;

function maskValue(value: unknown): unknown {
  if (typeof value === 'string') return harmless.test(value) ? value : `(${value.length} characters)`;
  if (Array.isArray(value)) return value.map(maskValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskValue(member)]));
}
