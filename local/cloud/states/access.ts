import type { Caller, Json, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { logGroups } from "./logging.ts";
import type { Machine } from "./machines.ts";

/** Whom Step Functions calls as when it takes a role. */
const PRINCIPAL = "states.amazonaws.com";
/** Whom CloudWatch Logs lets write what services deliver, and the policy under which services enter their groups. */
const DELIVERY_PRINCIPAL = "delivery.logs.amazonaws.com";
const DELIVERY_POLICY = "AWSLogDeliveryWrite20150319";

/** What a state machine's role has to permit when the state machine is made, changed or deleted. */
export class RoleAccess {
  readonly #call: Caller;
  readonly #account: string;
  /** Id of the log delivery of each state machine, by ARN. */
  readonly #deliveries = new Map<string, string>();

  constructor({ call, account }: Surroundings) {
    this.#call = call;
    this.#account = account;
  }

  /**
   * Takes the role for the state machine and sets up the delivery of its logs. Throws AccessDeniedException if the
   * role's trust policy or its permissions do not allow that ("Logging using CloudWatch Logs", IAM policies).
   */
  async require(machine: Machine): Promise<void> {
    const request = { RoleArn: machine.roleArn, RoleSessionName: `states-${machine.name}`.slice(0, 64) };
    const from = { region: machine.region, principal: PRINCIPAL, sourceArn: machine.arn };
    await unlessDenied(
      () => this.#call("sts", "AssumeRole", request, from),
      `Neither the global service principal ${PRINCIPAL}, nor the regional one is authorized to assume the ` +
        "provided role.",
    );
    await unlessDenied(
      () => this.#deliver(machine),
      "The state machine IAM Role is not authorized to access the Log Destination",
    );
  }

  /** Ends the delivery of logs; a failure of that does not hold up what it is done for. */
  async withdraw(machine: Machine): Promise<void> {
    const logDeliveryId = this.#deliveries.get(machine.arn);
    this.#deliveries.delete(machine.arn);
    if (logDeliveryId !== undefined)
      await this.#logs(machine, "DeleteLogDelivery", { logDeliveryId }).catch(() => undefined);
  }

  async #deliver(machine: Machine): Promise<void> {
    const [group] =
      machine.loggingConfiguration.level === "OFF"
        ? []
        : logGroups(machine.loggingConfiguration.destinations);
    if (group === undefined) return this.withdraw(machine);
    await this.#logs(machine, "DescribeLogGroups", { logGroupNamePrefix: group });
    const { resourcePolicies } = await this.#logs(machine, "DescribeResourcePolicies", {});
    await this.#logs(machine, "PutResourcePolicy", {
      policyName: DELIVERY_POLICY,
      policyDocument: this.#policy(machine, group, resourcePolicies),
    });
    await this.#logs(machine, "ListLogDeliveries", {});
    const delivery = { logGroupName: group, sourceArn: machine.arn };
    const known = this.#deliveries.get(machine.arn);
    const { logDeliveryId } =
      known === undefined
        ? await this.#logs(machine, "CreateLogDelivery", delivery)
        : await this.#logs(machine, "GetLogDelivery", { logDeliveryId: known });
    this.#deliveries.set(machine.arn, String(logDeliveryId));
    await this.#logs(machine, "GetLogDelivery", { logDeliveryId });
    await this.#logs(machine, "UpdateLogDelivery", { ...delivery, logDeliveryId });
  }

  #logs(machine: Machine, operation: string, input: Json): Promise<Json> {
    return this.#call("logs", operation, input, { region: machine.region, principal: machine.roleArn });
  }

  /** The policy as it is, with this group entered. */
  #policy(machine: Machine, group: string, policies: unknown): string {
    const current = (Array.isArray(policies) ? (policies as Json[]) : []).find(
      ({ policyName }) => policyName === DELIVERY_POLICY,
    );
    const resources = new Set<string>(
      current ? JSON.parse(String(current.policyDocument)).Statement[0].Resource : [],
    );
    resources.add(`arn:aws:logs:${machine.region}:${this.#account}:log-group:${group}:log-stream:*`);
    const statement = {
      Sid: "AWSLogDeliveryWrite",
      Effect: "Allow",
      Principal: { Service: DELIVERY_PRINCIPAL },
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [...resources],
    };
    return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  }
}

/** A cloud without the service that would be asked has nothing that could deny. */
async function unlessDenied(carryOut: () => Promise<unknown>, message: string): Promise<void> {
  try {
    await carryOut();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code !== "UnknownServiceException") throw new ServiceError("AccessDeniedException", message);
  }
}
