import type { EventTimes } from './events.ts';
import type { GatewayRow } from './gateway.ts';
import type { HouseNumbers } from './house.ts';

/** What each way to the service takes, what it adds to a direct call, and its shares of what others get through. */
export function gatewayTable(rows: readonly GatewayRow[]): string {
  const ms = (value: number) => value.toFixed(2);
  const head = [
    'GET /api/deals/{id}',
    '1 conn p50',
    'p99',
    'adds',
    '200/s p50',
    'p99',
    'adds',
    '32 conns /s',
    'of direct',
    'of proxy',
  ];
  const body = rows.map(({ name, measured: { one, rate, crowd }, addsMs, ofDirect, ofProxy }) => [
    name,
    ms(one.p50Ms),
    ms(one.p99Ms),
    ms(addsMs.one),
    ms(rate.p50Ms),
    ms(rate.p99Ms),
    ms(addsMs.rate),
    crowd.perSecond.toFixed(0),
    ofDirect.toFixed(2),
    ofProxy.toFixed(2),
  ]);
  return tableOf([head, ...body]);
}

export function eventsTable({ delay, relay }: EventTimes): string {
  return listOf([
    [
      `an event, from its writing to its handling, at ${delay.perSecond}/s (p50, p99 of ${delay.events})`,
      `${delay.p50Ms.toFixed(1)} ms, ${delay.p99Ms.toFixed(1)} ms`,
    ],
    [`events that one relay publishes per second (${relay.events} waiting)`, relay.perSecond.toFixed(0)],
  ]);
}

export function houseTable({ start, flows, memory: { idle, after, ...database } }: HouseNumbers): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const mib = (size: number | null) => (size === null ? 'not known' : `${size.toFixed(0)} MiB`);
  const perSecond = flows.perSecond.toFixed(2);
  return listOf([
    ['npm start, first time', seconds(start.firstMs)],
    ['npm start, second time (best of 3)', seconds(start.secondMs)],
    [
      `flows per second, ${flows.atOnce} at a time (median, range of ${flows.batches.length})`,
      `${perSecond}, ${Math.min(...flows.batches).toFixed(2)}–${Math.max(...flows.batches).toFixed(2)}`,
    ],
    [`one flow, start to signature (p50, p99 of ${flows.count})`, `${seconds(flows.p50Ms)}, ${seconds(flows.p99Ms)}`],
    ['memory of the house, idle (resident, anonymous)', `${mib(idle.rssMib)}, ${mib(idle.anonymousMib)}`],
    [`memory of the house after ${flows.count} flows`, `${mib(after.rssMib)}, ${mib(after.anonymousMib)}`],
    ['memory of its database, idle and after', `${mib(database.databaseIdleMib)}, ${mib(database.databaseAfterMib)}`],
  ]);
}

function listOf(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return `\n${rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')}`;
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2)))
      .join('');
  return `\n${rows.map((row) => `${line(row)}\n`).join('')}`;
}
