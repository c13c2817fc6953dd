import type { Finding } from './run-fuzz.ts';

/** What anybody needs to see of a finding and to make it again. */
export function describeFinding({ index, call, outcome }: Finding, seed: number): string {
  const headers: string[] = [];
  for (let at = 0; at < call.headers.length; at += 2) {
    const value = call.headers[at + 1] ?? '';
    headers.push(`  ${call.headers[at]}: ${/^Bearer .{30}/.test(value) ? 'Bearer …' : short(JSON.stringify(value))}`);
  }
  const said = outcome.kind === 'answer' ? `${outcome.status} ${short(outcome.text)}` : outcome.why;
  const body =
    call.body === null ? 'none' : `${call.body.length} bytes, ${short(JSON.stringify(call.body.toString('latin1')))}`;
  return [
    `call ${index} of seed ${seed} (again: npm run fuzz -- --seed ${seed} --only ${index})`,
    `  ${call.method} ${short(call.target)}`,
    ...headers,
    `  body: ${body}`,
    `  answer: ${said}`,
  ].join('\n');
}

function short(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}

/** What a house logged as an error of its own. */
export function complaintsOf(output: string): string[] {
  return output.split('\n').filter((line) => /"level":"(error|fatal)"|Warning:/.test(line));
}
