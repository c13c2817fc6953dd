import type { Canvas } from '../canvas.ts';
import type { LayoutStyle } from './layout.ts';
import { figure, longDate, rowsWithBalance, wrap } from './layout.ts';

/** Withdrawals and deposits in columns of their own, a balance on every row, dates without a year, long descriptions wrapped. */
export const columns: LayoutStyle = {
  bank: 'Harborline Business Bank',
  rows: rowsWithBalance,
  draw(canvas, { truth, address, accountNumber }) {
    canvas.left(50, 'Harborline Business Bank', { size: 15, bold: true });
    canvas.down(22);
    canvas.left(50, 'Member FDIC  |  www.harborline.example', { size: 7 });
    canvas.down(30);
    canvas.left(50, truth.holder);
    canvas.right(562, `${longDate(truth.periodStart)} through ${longDate(truth.periodEnd)}`);
    canvas.down(11);
    canvas.left(50, address[0]);
    canvas.right(562, `Account Number: ${accountNumber}`);
    canvas.down(11);
    canvas.left(50, address[1]);
    canvas.down(34);
    canvas.left(50, 'BUSINESS CHECKING SUMMARY', { bold: true, size: 10 });
    canvas.down(16);
    const total = (label: string, cents: number, sign = ''): void => {
      canvas.left(60, label);
      canvas.right(330, `${sign}$${figure(cents)}`);
      canvas.down(13);
    };
    total('Beginning Balance', truth.beginningBalanceCents);
    total('Deposits and Credits', truth.depositsCents);
    total('Withdrawals and Debits', truth.withdrawalsCents, '-');
    total('Ending Balance', truth.endingBalanceCents, truth.endingBalanceCents < 0 ? '-' : '');
    canvas.down(18);
    canvas.left(50, 'TRANSACTION DETAIL', { bold: true, size: 10 });
    canvas.down(18);
    head(canvas);
    canvas.onPage(() => {
      canvas.left(50, `Account ending in ${truth.accountLast4} (continued)`, { size: 7 });
      canvas.down(20);
      head(canvas);
    });
    for (const row of truth.transactions) {
      const [first = '', ...rest] = wrap(canvas, row.description, 210);
      canvas.down(0, 12 * (rest.length + 1));
      canvas.left(50, `${row.date.slice(5, 7)}/${row.date.slice(8)}`);
      canvas.left(100, first);
      canvas.right(row.amountCents < 0 ? 400 : 480, figure(row.amountCents));
      const balance = row.runningBalanceCents ?? 0;
      canvas.right(562, `${balance < 0 ? '-' : ''}${figure(balance)}`);
      for (const line of rest) {
        canvas.down(10);
        canvas.left(100, line);
      }
      canvas.down(13);
    }
    canvas.down(10);
    canvas.left(50, 'In case of errors or questions about your electronic transfers, write to us within 60 days.', {
      size: 7,
    });
  },
};

function head(canvas: Canvas): void {
  canvas.left(50, 'Date', { bold: true });
  canvas.left(100, 'Description', { bold: true });
  canvas.right(400, 'Withdrawals', { bold: true });
  canvas.right(480, 'Deposits', { bold: true });
  canvas.right(562, 'Balance', { bold: true });
  canvas.down(14);
}
