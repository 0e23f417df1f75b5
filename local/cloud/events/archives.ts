import { Input } from "../input.ts";
import type { Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import { Archive, type ArchiveSettings } from "./archive.ts";
import { page } from "./page.ts";
import { validPattern } from "./rules.ts";
import type { BusStore } from "./store.ts";

const SETTINGS = ["Description", "EventPattern", "KmsKeyIdentifier", "RetentionDays"];
const NAME = /^[.\-_A-Za-z0-9]{1,48}$/;

/** The operations on archives. Their events stay in memory, and can be replayed at once. */
export function archiveOperations(
  store: BusStore,
  { account, clock }: Surroundings,
  keptBytes: number | undefined,
): Record<string, Operation> {
  function create(json: Json, { region }: { region: string }): Json {
    const input = new Input(json).only(["ArchiveName", "EventSourceArn", ...SETTINGS]);
    const name = input.text("ArchiveName", { pattern: NAME });
    const bus = store.get(region, input.text("EventSourceArn"));
    if (store.archives(region).some((archive) => archive.name === name))
      throw new ServiceError("ResourceAlreadyExistsException", `Archive ${name} already exists.`);
    const arn = `arn:aws:events:${region}:${account}:archive/${name}`;
    const of = { name, arn, busArn: bus.arn, created: clock.now() };
    const archive = new Archive(of, settingsOf(input, NO_SETTINGS), keptBytes);
    bus.archives.set(name, archive);
    return { ArchiveArn: archive.arn, State: "ENABLED", CreationTime: archive.created / 1_000 };
  }

  function summary(archive: Archive): Json {
    const { count, bytes } = archive.content(clock.now());
    return {
      ...{ ArchiveName: archive.name, EventSourceArn: archive.busArn, State: "ENABLED" },
      ...{ RetentionDays: archive.settings.retentionDays, EventCount: count, SizeBytes: bytes },
      CreationTime: archive.created / 1_000,
    };
  }

  function list(json: Json, { region }: { region: string }): Json {
    const input = new Input(json).only(["NamePrefix", "EventSourceArn", "State", "NextToken", "Limit"]);
    const filters = ["NamePrefix", "EventSourceArn", "State"].filter((member) => input.has(member));
    if (filters.length > 1)
      throw new ServiceError(
        "ValidationException",
        "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.",
      );
    const prefix = input.optionalText("NamePrefix") ?? "";
    const source = input.optionalText("EventSourceArn");
    const state = input.optionalText("State") ?? "ENABLED";
    const archives = store
      .archives(region)
      .filter(({ name, busArn }) => name.startsWith(prefix) && (source === undefined || busArn === source))
      .filter(() => state === "ENABLED");
    return page("Archives", archives.map(summary), input);
  }

  return {
    CreateArchive: create,
    UpdateArchive: (json, { region }) => {
      const input = new Input(json).only(["ArchiveName", ...SETTINGS]);
      const archive = store.archive(region, input.text("ArchiveName"));
      archive.settings = settingsOf(input, archive.settings);
      return { ArchiveArn: archive.arn, State: "ENABLED", CreationTime: archive.created / 1_000 };
    },
    DeleteArchive: (json, { region }) => {
      const archive = store.archive(region, new Input(json).text("ArchiveName"));
      store.get(region, archive.busArn).archives.delete(archive.name);
    },
    DescribeArchive: (json, { region }) => {
      const archive = store.archive(region, new Input(json).text("ArchiveName"));
      const { description, patternText, kmsKeyIdentifier } = archive.settings;
      return {
        ArchiveArn: archive.arn,
        ...summary(archive),
        ...(description === undefined ? {} : { Description: description }),
        ...(patternText === undefined ? {} : { EventPattern: patternText }),
        ...(kmsKeyIdentifier === undefined ? {} : { KmsKeyIdentifier: kmsKeyIdentifier }),
      };
    },
    ListArchives: list,
  };
}

const NO_SETTINGS: ArchiveSettings = {
  description: undefined,
  patternText: undefined,
  pattern: () => true,
  retentionDays: 0,
  kmsKeyIdentifier: undefined,
};

function settingsOf(input: Input, before: ArchiveSettings): ArchiveSettings {
  const patternText = input.optionalText("EventPattern") ?? before.patternText;
  return {
    description: input.optionalText("Description", { maximum: 512 }) ?? before.description,
    patternText,
    pattern: patternText === before.patternText ? before.pattern : validPattern(patternText ?? ""),
    retentionDays: input.optionalInteger("RetentionDays", { minimum: 0 }) ?? before.retentionDays,
    kmsKeyIdentifier: input.optionalText("KmsKeyIdentifier") ?? before.kmsKeyIdentifier,
  };
}
