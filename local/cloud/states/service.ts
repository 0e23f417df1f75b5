import type { Call, Json, Operation, Service, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { executionOperations } from "./executions.ts";
import { changedMachine, type Machine, newMachine } from "./machines.ts";
import type { LogPort, MetricsPort } from "./ports.ts";
import { Records } from "./records.ts";
import { page, requiredText, seconds } from "./requests.ts";

export interface StatesPorts {
  readonly metrics: MetricsPort;
  readonly log: LogPort;
}

export interface StatesService extends Service {
  /** Executions that have started and not ended, in one region or in all. */
  openExecutions(region?: string): number;
  /** Inputs of these executions, as JSON text. */
  openInputs(region: string): string[];
}

/**
 * Step Functions: state machines in JSONPath with the integrations that this system uses. Tasks are carried out as
 * the state machine's role, through the dispatcher.
 */
export function createStates(surroundings: Surroundings, ports: StatesPorts): StatesService {
  const machines = new Map<string, Machine>();
  const records = new Records();
  const executions = executionOperations({ surroundings, ports, records, machineOf });

  function machineOf(arn: string): Machine {
    const machine = machines.get(arn);
    if (!machine)
      throw new ServiceError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  function create(input: Json, { region }: Call): Json {
    const machine = newMachine(input, region, surroundings.account, surroundings.clock.now());
    const existing = machines.get(machine.arn);
    if (existing && (existing.revisionId !== machine.revisionId || existing.roleArn !== machine.roleArn))
      throw new ServiceError(
        "StateMachineAlreadyExists",
        `State Machine Already Exists: '${machine.arn}'`,
        409,
      );
    const kept = existing ?? machine;
    machines.set(machine.arn, kept);
    return { stateMachineArn: kept.arn, creationDate: seconds(kept.created) };
  }

  function update(input: Json): Json {
    const machine = machineOf(requiredText(input, "stateMachineArn"));
    const changed = changedMachine(machine, input, surroundings.clock.now());
    machines.set(machine.arn, changed);
    return { updateDate: seconds(changed.updated), revisionId: changed.revisionId };
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

  const operations: Record<string, Operation> = {
    CreateStateMachine: create,
    UpdateStateMachine: update,
    DeleteStateMachine: (input) => {
      machines.delete(requiredText(input, "stateMachineArn"));
    },
    DescribeStateMachine: (input) => describe(machineOf(requiredText(input, "stateMachineArn"))),
    ListStateMachines: list,
    ...executions,
  };

  return {
    name: "states",
    operations,
    openExecutions: (region) => records.countRunning(region),
    openInputs: (region) => records.running(region).map(({ input }) => input),
    async close() {
      for (const execution of records.running()) execution.abort?.();
      // Interpreters end in microtasks and timers of length zero.
      while (records.countRunning() > 0) await new Promise((done) => setImmediate(done));
    },
  };
}

function describe(machine: Machine): Json {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: "ACTIVE",
    definition: machine.definitionText,
    roleArn: machine.roleArn,
    type: machine.type,
    creationDate: seconds(machine.created),
    loggingConfiguration: machine.loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration,
    revisionId: machine.revisionId,
  };
}
