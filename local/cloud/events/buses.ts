import { Input } from "../input.ts";
import type { Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { Archive } from "./archive.ts";
import type { Bus } from "./model.ts";
import { type Pattern, parsePattern } from "./pattern.ts";
import { type BusStore, notFound } from "./store.ts";

const BUS_FIELDS = ["Name", "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig", "Tags"];
const ARCHIVE_FIELDS = [
  "ArchiveName",
  "Description",
  "EventPattern",
  "EventSourceArn",
  "KmsKeyIdentifier",
  "RetentionDays",
];

/** The operations on event buses. */
export function busOperations(store: BusStore): Record<string, Operation> {
  return {
    CreateEventBus: (json, { region }) => {
      const input = new Input(json).only(BUS_FIELDS);
      const name = input.text("Name", { pattern: /^[.\-_A-Za-z0-9]{1,256}$/ });
      if (store.of(region).has(name))
        throw new ServiceError("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);
      const { Name: _name, Tags: _tags, ...given } = json;
      const bus = store.make(region, name, given);
      store.of(region).set(name, bus);
      return { EventBusArn: bus.arn };
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
      store.of(region).delete(name);
    },
    DescribeEventBus: (json, { region }) => describeBus(store.get(region, json.Name)),
    ListEventBuses: (json, { region }) => {
      const prefix = new Input(json).optionalText("NamePrefix") ?? "";
      const buses = [...store.of(region).values()].filter(({ name }) => name.startsWith(prefix));
      return { EventBuses: buses.map(describeBus) };
    },
  };
}

function describeBus(bus: Bus): Json {
  const created = bus.created / 1_000;
  return { Name: bus.name, Arn: bus.arn, ...bus.given, CreationTime: created, LastModifiedTime: created };
}

/** The operations on archives. Their events stay in memory. */
export function archiveOperations(store: BusStore, surroundings: Surroundings): Record<string, Operation> {
  const { account, clock } = surroundings;

  function find(region: string, name: string): [Bus, Archive] {
    for (const bus of store.of(region).values()) {
      const archive = bus.archives.get(name);
      if (archive) return [bus, archive];
    }
    throw notFound(`Archive ${name} does not exist.`);
  }

  return {
    CreateArchive: (json, { region }) => {
      const input = new Input(json).only(ARCHIVE_FIELDS);
      const name = input.text("ArchiveName", { pattern: /^[.\-_A-Za-z0-9]{1,48}$/ });
      const bus = store.get(region, input.text("EventSourceArn"));
      if ([...store.of(region).values()].some(({ archives }) => archives.has(name)))
        throw new ServiceError("ResourceAlreadyExistsException", `Archive ${name} already exists.`);
      const patternText = input.optionalText("EventPattern");
      const archive = new Archive(
        {
          ...{ name, patternText, busArn: bus.arn, created: clock.now() },
          arn: `arn:aws:events:${region}:${account}:archive/${name}`,
          description: input.optionalText("Description"),
          retentionDays: input.optionalInteger("RetentionDays", { minimum: 0 }) ?? 0,
        },
        patternText === undefined ? () => true : validPattern(patternText),
      );
      bus.archives.set(name, archive);
      return { ArchiveArn: archive.arn, State: "ENABLED", CreationTime: archive.created / 1_000 };
    },
    DeleteArchive: (json, { region }) => {
      const [bus, archive] = find(region, new Input(json).text("ArchiveName"));
      bus.archives.delete(archive.name);
    },
    DescribeArchive: (json, { region }) => {
      const [, archive] = find(region, new Input(json).text("ArchiveName"));
      const { count, bytes } = archive.content(clock.now());
      return {
        ArchiveArn: archive.arn,
        ArchiveName: archive.name,
        EventSourceArn: archive.busArn,
        ...(archive.description === undefined ? {} : { Description: archive.description }),
        ...(archive.patternText === undefined ? {} : { EventPattern: archive.patternText }),
        State: "ENABLED",
        RetentionDays: archive.retentionDays,
        EventCount: count,
        SizeBytes: bytes,
        CreationTime: archive.created / 1_000,
      };
    },
  };
}

/** Reads a pattern; throws InvalidEventPatternException with what is wrong. */
export function validPattern(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    throw new ServiceError(
      "InvalidEventPatternException",
      `Event pattern is not valid. Reason: ${(error as Error).message}`,
    );
  }
}
