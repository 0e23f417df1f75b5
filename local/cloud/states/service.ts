import type { Call, Json, Operation, PublishServiceEvent, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { RoleAccess } from "./access.ts";
import { compile } from "./compile.ts";
import { DefinitionError } from "./definition-problem.ts";
import { executionOperations } from "./executions.ts";
import { changedMachine, describeMachine, type Machine, newMachine, tagsOf } from "./machines.ts";
import type { LogPort, MetricsPort } from "./ports.ts";
import { Records } from "./records.ts";
import { page, requiredText, seconds } from "./requests.ts";
import { Tracing } from "./tracing.ts";

export interface StatesPorts {
  readonly metrics: MetricsPort;
  readonly log: LogPort;
  /** Takes the events of status changes; without it there are none. */
  readonly publishServiceEvent?: PublishServiceEvent;
}

export interface StatesService extends Service {
  /** Executions that have started and not ended, in one region or in all. */
  openExecutions(region?: string): number;
  /** Inputs of these executions, as JSON text. */
  openInputs(region: string): string[];
}

/**
 * Step Functions: state machines in JSONPath with the integrations that this system uses. Tasks are carried out as
 * the state machine's role, through the dispatcher; all time is the clock's.
 */
export function createStates(surroundings: Surroundings, ports: StatesPorts): StatesService {
  const { account, clock } = surroundings;
  const machines = new Map<string, Machine>();
  const records = new Records(() => clock.now());
  const access = new RoleAccess(surroundings);
  const tracing = new Tracing(surroundings);
  const executions = executionOperations({
    ...{ surroundings, ports, records, machineOf },
    trace: (execution) => tracing.begin(execution),
  });

  function machineOf(arn: string): Machine {
    if (!arn.startsWith("arn:"))
      throw new ServiceError("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
    const machine = machines.get(arn);
    if (!machine)
      throw new ServiceError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  async function create(input: Json, { region }: Call): Promise<Json> {
    const machine = newMachine(input, region, account, clock.now());
    const existing = machines.get(machine.arn);
    if (existing && (existing.revisionId !== machine.revisionId || existing.roleArn !== machine.roleArn))
      throw new ServiceError(
        "StateMachineAlreadyExists",
        `State Machine Already Exists: '${machine.arn}'`,
        409,
      );
    const kept = existing ?? machine;
    if (!existing) {
      await access.require(machine);
      machines.set(machine.arn, machine);
    }
    return { stateMachineArn: kept.arn, creationDate: seconds(kept.created) };
  }

  async function update(input: Json): Promise<Json> {
    const machine = machineOf(requiredText(input, "stateMachineArn"));
    const changed = changedMachine(machine, input, clock.now());
    await access.require(changed);
    machines.set(machine.arn, changed);
    return { updateDate: seconds(changed.updated), revisionId: changed.revisionId };
  }

  async function remove(input: Json): Promise<void> {
    const machine = machines.get(requiredText(input, "stateMachineArn"));
    if (!machine) return;
    machines.delete(machine.arn);
    await access.withdraw(machine);
  }

  function list(input: Json, { region }: Call): Json {
    const own = [...machines.values()].filter((machine) => machine.region === region);
    const { items, ...rest } = page(own, input);
    return {
      stateMachines: items.map((machine) => ({
        ...{ stateMachineArn: machine.arn, name: machine.name, type: machine.type },
        creationDate: seconds(machine.created),
      })),
      ...rest,
    };
  }

  function tagged(input: Json): Machine {
    const arn = requiredText(input, "resourceArn");
    const machine = machines.get(arn);
    if (!machine) throw new ServiceError("ResourceNotFound", `Resource not found: '${arn}'`);
    return machine;
  }

  const operations: Record<string, Operation> = {
    CreateStateMachine: create,
    UpdateStateMachine: update,
    DeleteStateMachine: remove,
    DescribeStateMachine: (input) => describeMachine(machineOf(requiredText(input, "stateMachineArn"))),
    ListStateMachines: list,
    ValidateStateMachineDefinition: validate,
    TagResource: (input) => {
      const machine = tagged(input);
      machines.set(machine.arn, { ...machine, tags: new Map([...machine.tags, ...tagsOf(input.tags)]) });
    },
    UntagResource: (input) => {
      const machine = tagged(input);
      const keys = Array.isArray(input.tagKeys) ? input.tagKeys : [];
      const tags = new Map([...machine.tags].filter(([key]) => !keys.includes(key)));
      machines.set(machine.arn, { ...machine, tags });
    },
    ListTagsForResource: (input) => ({
      tags: [...tagged(input).tags].map(([key, value]) => ({ key, value })),
    }),
    ...executions,
  };

  return {
    name: "states",
    operations,
    openExecutions: (region) => records.countRunning(region),
    openInputs: (region) => records.running(region).map(({ input }) => input),
    async close() {
      for (const execution of records.running()) execution.end?.({ status: "ABORTED" });
    },
  };
}

/** ValidateStateMachineDefinition: every reason why a definition is refused, without making a state machine. */
function validate(input: Json): Json {
  const definition = typeof input.definition === "string" ? input.definition : "";
  const diagnostics = problemsOf(definition).map((problem) => ({ severity: "ERROR", ...problem }));
  return { result: diagnostics.length > 0 ? "FAIL" : "OK", diagnostics, truncated: false };
}

function problemsOf(definition: string): readonly object[] {
  try {
    compile(definition);
    return [];
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems;
    throw error;
  }
}
