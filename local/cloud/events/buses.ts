import { Input } from "../input.ts";
import type { Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Bus } from "./model.ts";
import { page } from "./page.ts";
import type { BusStore } from "./store.ts";
import type { Tags } from "./tags.ts";

const SETTINGS = ["Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"];

/** The operations on event buses. */
export function busOperations(
  store: BusStore,
  tags: Tags,
  { clock }: Surroundings,
): Record<string, Operation> {
  return {
    CreateEventBus: (json, { region }) => {
      const input = new Input(json).only(["Name", "Tags", ...SETTINGS]);
      const name = input.text("Name", { pattern: /^[.\-_A-Za-z0-9]{1,256}$/ });
      if (store.of(region).has(name))
        throw new ServiceError("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
      const { Name: _name, Tags: _tags, ...given } = json;
      const bus = store.make(region, name, given);
      store.of(region).set(name, bus);
      tags.set(bus.arn, input.tags("Tags"));
      return { EventBusArn: bus.arn };
    },
    UpdateEventBus: (json, { region }) => {
      const input = new Input(json).only(["Name", ...SETTINGS]);
      const bus = store.get(region, input.optionalText("Name"));
      const { Name: _name, ...given } = json;
      bus.given = { ...bus.given, ...given };
      bus.modified = clock.now();
      return { Arn: bus.arn, Name: bus.name, ...bus.given };
    },
    DeleteEventBus: (json, { region }) => {
      const name = new Input(json).text("Name");
      const bus = store.find(region, name);
      if (name === "default")
        throw new ServiceError("ValidationException", "Cannot delete event bus default.");
      if (bus && bus.rules.size > 0)
        throw new ServiceError(
          "ValidationException",
          `Event bus ${name} has rules: ${[...bus.rules.keys()].join(", ")}`,
        );
      if (bus) tags.forget(bus.arn);
      store.of(region).delete(name);
    },
    DescribeEventBus: (json, { region }) => describeBus(store.get(region, json.Name)),
    ListEventBuses: (json, { region }) => {
      const input = new Input(json).only(["NamePrefix", "NextToken", "Limit"]);
      const prefix = input.optionalText("NamePrefix") ?? "";
      const buses = [...store.of(region).values()].filter(({ name }) => name.startsWith(prefix));
      return page("EventBuses", buses.map(describeBus), input);
    },
  };
}

function describeBus(bus: Bus): Json {
  return {
    ...{ Name: bus.name, Arn: bus.arn, ...bus.given },
    ...(bus.policy === undefined ? {} : { Policy: bus.policy }),
    ...{ CreationTime: bus.created / 1_000, LastModifiedTime: bus.modified / 1_000 },
  };
}
