import { CENSUS } from "./census/command.ts";
import { EXPORT } from "./export/command.ts";
import { FAILOVER } from "./failover/command.ts";
import type { OperatorCommand } from "./frame/operator-command.ts";
import { RECONCILE } from "./reconcile/command.ts";
import { REDRIVE } from "./redrive/command.ts";
import { REPLAY } from "./replay/command.ts";
import { SEND } from "./send/command.ts";
import { STATUS } from "./status/command.ts";

/** The commands of `npm run ops`, by name. */
export const COMMANDS: Readonly<Record<string, OperatorCommand>> = {
  send: SEND,
  status: STATUS,
  census: CENSUS,
  export: EXPORT,
  redrive: REDRIVE,
  replay: REPLAY,
  failover: FAILOVER,
  reconcile: RECONCILE,
};
