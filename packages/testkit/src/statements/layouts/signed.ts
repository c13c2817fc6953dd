import type { LayoutStyle } from './layout.ts';
import { figure, rowsWithBalance, usDate } from './layout.ts';

/** One signed amount with a dollar sign, newest row last, opening and closing balance as rows, a summary that runs across the page. */
export const signed: LayoutStyle = {
  bank: 'Cedar Valley Credit Union',
  rows: rowsWithBalance,
  draw(canvas, { truth, address, accountNumber }) {
    const money = (cents: number): string => `${cents < 0 ? '-' : ''}$${figure(cents)}`;
    canvas.right(570, 'Cedar Valley Credit Union', { size: 14, bold: true });
    canvas.down(18);
    canvas.right(570, 'ACCOUNT STATEMENT', { size: 9 });
    canvas.down(30);
    for (const line of [truth.holder, ...address]) {
      canvas.left(60, line);
      canvas.down(11);
    }
    canvas.down(16);
    canvas.left(60, `Statement Period: ${usDate(truth.periodStart)} - ${usDate(truth.periodEnd)}`);
    canvas.left(340, `Account # ${accountNumber}`);
    canvas.down(26);
    const cells: [number, string, number][] = [
      [150, 'Beginning Balance', truth.beginningBalanceCents],
      [270, 'Total Deposits', truth.depositsCents],
      [400, 'Total Withdrawals', truth.withdrawalsCents],
      [530, 'Ending Balance', truth.endingBalanceCents],
    ];
    for (const [x, label] of cells) canvas.right(x, label, { bold: true });
    canvas.down(13);
    for (const [x, , cents] of cells) canvas.right(x, money(cents));
    canvas.down(30);
    const head = (): void => {
      canvas.left(40, 'Post Date', { bold: true });
      canvas.left(110, 'Transaction Description', { bold: true });
      canvas.right(470, 'Amount', { bold: true });
      canvas.right(570, 'Running Balance', { bold: true });
      canvas.down(15);
    };
    head();
    canvas.onPage(head);
    const line = (date: string, text: string, amount: number | null, balance: number): void => {
      canvas.down(0, 14);
      canvas.left(40, usDate(date));
      canvas.left(110, text);
      if (amount !== null) canvas.right(470, money(amount));
      canvas.right(570, money(balance));
      canvas.down(14);
    };
    line(truth.periodStart, 'Beginning Balance', null, truth.beginningBalanceCents);
    for (const row of truth.transactions)
      line(row.date, row.description, row.amountCents, row.runningBalanceCents ?? 0);
    line(truth.periodEnd, 'Ending Balance', null, truth.endingBalanceCents);
  },
};
