/** What a system has processed before clients look at it: every outcome once but dead-lettered. */

const event = (number: number, detail: Record<string, unknown>) => ({
  Source: `trading.system${number}`,
  DetailType: "Trade Event",
  Detail: { sourceSystem: `system${number}`, ...detail },
});

const FIRST = event(1, {
  tradeId: "OP-1",
  amount: "1000.50",
  currency: "USD",
  instrument: "US0378331005",
  side: "BUY",
  quantity: "10",
  price: "100.05",
});

export const TAPE = [
  FIRST,
  event(2, { tradeId: "OP-2", amount: "250", currency: "EUR" }),
  FIRST,
  event(3, { tradeId: "OP-3", amount: "-5", currency: "USD" }),
  event(9, { tradeId: "OP-4", amount: "5", currency: "USD" }),
];
