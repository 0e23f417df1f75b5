import { EXPORT } from "./export/command.ts";
import type { OperatorCommand } from "./frame/operator-command.ts";
import { SEND } from "./send/command.ts";

/** The commands of `npm run ops`, by name. */
export const COMMANDS: Readonly<Record<string, OperatorCommand>> = { send: SEND, export: EXPORT };
