import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { documentationTables, type Tables, withTables } from "../../local/documentation.ts";
import { COMPONENTS, RESOURCE_TYPES } from "../../local/providers/resource-provider.ts";
import { startServices } from "../../local/services.ts";

const TABLES: Tables = { one: "| a |", two: "| b |" };
const DOCUMENT =
  "# A\n<!-- generated: one -->old<!-- end of one -->\ntext\n<!-- generated: two --><!-- end of two -->\n";

describe("docs/local-cloud.md", () => {
  let document: string;
  let tables: Tables;
  before(async () => {
    document = await readFile("docs/local-cloud.md", "utf8");
    const cacheDirectory = await mkdtemp(join(tmpdir(), "local-cloud-docs-"));
    const services = await startServices({ cacheDirectory });
    tables = documentationTables({
      resourceTypes: RESOURCE_TYPES,
      components: Object.keys(COMPONENTS),
      services: services.cloud.services,
    });
    await services.close();
    await rm(cacheDirectory, { recursive: true });
  });

  it("has the tables of the code; else run `npm run docs`", () => {
    expect(document).to.equal(withTables(document, tables));
  });

  it("has a row for every resource type and every service", () => {
    const types = [
      ...(tables["resource types"] ?? "").matchAll(/^\| `([^`]+)` \| (?:carried out|no behaviour: \S)/gm),
    ];
    expect(types.map(([, type]) => type)).to.include.members([
      ...Object.keys(RESOURCE_TYPES),
      "awsx:ec2:Vpc",
    ]);
    const services = [...(tables.operations ?? "").matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
    expect(services.map(([, name]) => name)).to.deep.equal([
      ...["dynamodb", "ec2", "ecr", "events", "iam", "kms", "lambda", "logs", "monitoring"],
      ...["route53", "scheduler", "sns", "sqs", "ssm", "states", "sts", "xray"],
    ]);
    expect(services.find(([, name]) => name === "events")?.[2]?.split(", ")).to.include("PutEvents");
  });

  it("is about a fabric that is smaller than what it serves", async () => {
    const lines = async (...places: string[]) => {
      const found = await Promise.all(
        places.map(async (place) => {
          const names = place.endsWith(".ts") ? [""] : await readdir(place, { recursive: true });
          const files = names.map((name) => join(place, name)).filter((name) => name.endsWith(".ts"));
          return Promise.all(files.map(async (file) => (await readFile(file, "utf8")).split("\n").length));
        }),
      );
      return found.flat().reduce((sum, count) => sum + count, 0);
    };
    const fabric = await lines("local/cloud", "local/providers", "local/program");
    const served = await lines("index.ts", "components", "functions", "policy", "ops", "tests");
    expect(fabric).to.be.lessThan(served);
  });

  it("can be read without the tables in a few minutes", () => {
    const prose = document
      .split("\n")
      .filter((line) => !/^\| `[^`]+` \| (carried|no behaviour|[A-Z]\w+,)/.test(line));
    expect(prose.length).to.be.lessThan(300);
  });
});

describe("a document with generated tables", () => {
  it("keeps its text and its markers, and is the same when written again", () => {
    const written = withTables(DOCUMENT, TABLES);
    expect(written).to.equal(
      "# A\n<!-- generated: one -->\n\n| a |\n\n<!-- end of one -->\ntext\n<!-- generated: two -->\n\n| b |\n\n<!-- end of two -->\n",
    );
    expect(withTables(written, TABLES)).to.equal(written);
  });

  it("is refused without a table's markers, by name", () => {
    expect(() => withTables(DOCUMENT, { three: "| c |" })).to.throw("<!-- generated: three -->");
    expect(() => withTables("<!-- end of one --><!-- generated: one -->", { one: "" })).to.throw(
      "end of one",
    );
  });
});
