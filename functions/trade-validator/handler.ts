import { lambdaHandler } from "../adapters/lambda.ts";
import { count, observability, rejected } from "../adapters/observability.ts";
import type { ValidatorOutput } from "../contract.ts";
import { parseTradeEvent } from "../domain/event.ts";
import { isHeartbeat } from "../domain/heartbeat.ts";

const observed = observability("trade-validator");

/** Says whether the event is a valid trade, and if not, every reason why. An invalid event is no error. */
export const handler = lambdaHandler(
  "trade-validator",
  observed,
  async ({ envelope, environment }): Promise<ValidatorOutput> => {
    const parsed = parseTradeEvent(envelope, environment.sources);
    if (!parsed.valid) {
      rejected(observed, parsed.invalid.reasons, parsed.invalid.reasonCount);
      return { valid: false, ...parsed.invalid };
    }
    if (!isHeartbeat(envelope)) count(observed.metrics, "valid");
    const { tradeId, version } = parsed.event.trade;
    return { valid: true, tradeId, version };
  },
);
