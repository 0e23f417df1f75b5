import { readFileSync } from "node:fs";
import { expect } from "chai";
import { z } from "zod";
import { settingsSchema } from "../../components/settings-schema.ts";

/** Every name of a property anywhere in a JSON Schema. */
function propertyNames(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties = "properties" in schema ? Object.keys(schema.properties as object) : [];
  return [...properties, ...Object.values(schema).flatMap(propertyNames)];
}

describe("docs/configuration.md", () => {
  it("explains every key of the schema", () => {
    const document = readFileSync("docs/configuration.md", "utf8");
    const explained = new Set(
      [...document.matchAll(/`([\w.]+)`/g)].flatMap(([, key = ""]) => key.split(".")),
    );
    const keys = propertyNames(z.toJSONSchema(settingsSchema, { io: "output" }));
    expect(keys).to.include.members([
      "environmentSuffix",
      "privateSubnetIds",
      "serviceName",
      "retentionDays",
    ]);
    expect(keys.filter((key) => !explained.has(key))).to.deep.equal([]);
  });
});
