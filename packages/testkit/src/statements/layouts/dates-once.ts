import type { LayoutStyle } from './layout.ts';
import { figure, longDate, rowsWithBalance, shortDate } from './layout.ts';

/** The date stands once for all rows of a day and the balance only on the day's last row; debits in brackets in one column. */
export const datesOnce: LayoutStyle = {
  bank: 'GRANITE FALLS SAVINGS BANK',
  rows: (movements, begin) =>
    rowsWithBalance(movements, begin).map((row, at, all) => ({
      ...row,
      runningBalanceCents: all[at + 1]?.date === row.date ? null : row.runningBalanceCents,
    })),
  draw(canvas, { truth, address, accountNumber }) {
    const balance = (cents: number): string => (cents < 0 ? `(${figure(cents)})` : figure(cents));
    canvas.left(36, 'GRANITE FALLS SAVINGS BANK', { size: 13, bold: true });
    canvas.right(576, 'Statement of Account');
    canvas.down(34);
    for (const text of [truth.holder, ...address]) {
      canvas.left(80, text);
      canvas.down(12);
    }
    canvas.down(20);
    canvas.left(36, 'Account number');
    canvas.left(160, `XXXXXX${accountNumber.slice(-4)}`);
    canvas.down(24);
    const total = (label: string, text: string): void => {
      canvas.left(36, label);
      canvas.right(400, text);
      canvas.down(12);
    };
    const credits = truth.transactions.filter(({ amountCents }) => amountCents > 0).length;
    total(`Beginning balance on ${longDate(truth.periodStart)}`, balance(truth.beginningBalanceCents));
    total(`+ ${credits} Deposits and other credits`, figure(truth.depositsCents));
    total(`- ${truth.transactions.length - credits} Checks and other debits`, figure(truth.withdrawalsCents));
    total(`Ending balance on ${longDate(truth.periodEnd)}`, balance(truth.endingBalanceCents));
    canvas.down(20);
    const head = (): void => {
      canvas.left(36, 'Date', { bold: true });
      canvas.left(84, 'Transaction', { bold: true });
      canvas.right(450, 'Debits (-) / Credits (+)', { bold: true });
      canvas.right(576, 'Ending daily balance', { bold: true });
      canvas.down(16);
    };
    head();
    canvas.onPage(head);
    truth.transactions.forEach((row, at) => {
      canvas.down(0, 14);
      if (truth.transactions[at - 1]?.date !== row.date) canvas.left(36, shortDate(row.date));
      canvas.left(84, row.description);
      canvas.right(450, row.amountCents < 0 ? `(${figure(row.amountCents)})` : figure(row.amountCents));
      if (row.runningBalanceCents !== null) canvas.right(576, balance(row.runningBalanceCents));
      canvas.down(13);
    });
    total('Totals', '');
  },
};
