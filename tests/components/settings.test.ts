import { expect } from "chai";
import { parseSettings } from "../../components/settings.ts";
import { SettingsError } from "../../components/settings-problems.ts";

const required = {
  "trade-processing:environmentSuffix": "dev",
  "trade-processing:enrichment": '{"apiEndpoint":"https://data.example.com/v1"}',
};

function problemsOf(config: Record<string, string>) {
  try {
    parseSettings({ ...required, ...config });
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

const one = (key: string, value: unknown) => ({ [`trade-processing:${key}`]: JSON.stringify(value) });

const longSources = Array.from({ length: 20 }, (_, index) => ({
  name: `s${index}`,
  source: `trading.${index}.${"x".repeat(110)}`,
}));

describe("settings", () => {
  it("need a suffix and an endpoint, and have a default for everything else", () => {
    const settings = parseSettings(required);
    expect(settings.primaryRegion).to.equal("us-east-1");
    expect(settings.replicaRegion).to.equal("eu-west-1");
    expect(settings.sources.map(({ source }) => source)).to.deep.equal([
      "trading.system1",
      "trading.system2",
      "trading.system3",
    ]);
    expect(settings.network.primary).to.deep.equal({ mode: "create", cidr: "10.0.0.0/16", egress: "nat" });
    expect(settings.network.replica).to.deep.equal({ mode: "create", cidr: "10.1.0.0/16", egress: "nat" });
    expect(settings.functions["trade-validator"]).to.deep.equal({
      memorySize: 512,
      timeoutSeconds: 60,
      reservedConcurrency: 10,
      provisionedConcurrency: 0,
    });
  });

  it("say what a census may be set to, and take all of it", () => {
    const [problem] = problemsOf(one("census", { everyMinutes: 7 }));
    expect(problem).to.deep.equal({
      key: "trade-processing:census.everyMinutes",
      value: 7,
      allowed: "0, or 5 or more minutes that divide a day, such as 15, 60 or 1440",
    });
    for (const everyMinutes of [0, 5, 15, 60, 1440])
      expect(parseSettings({ ...required, ...one("census", { everyMinutes }) }).census).to.deep.equal({
        everyMinutes,
      });
  });

  it("run a census an hour and fail over unless told not to", () => {
    expect(parseSettings(required)).to.deep.include({
      census: { everyMinutes: 60 },
      failover: { enabled: true },
    });
    expect(parseSettings({ ...required, ...one("failover", { enabled: false }) }).failover).to.deep.equal({
      enabled: false,
    });
  });

  it("give functions beside the stream of trades figures of their own, which overrides change", () => {
    const settings = parseSettings({
      ...required,
      ...one("functions", {
        reservedConcurrency: 100,
        provisionedConcurrency: 3,
        overrides: { "trade-census": { memorySize: 1024 } },
      }),
    });
    // One at a time: a run of the completer or the census does the work of any other.
    expect(settings.functions["enrichment-completer"]).to.deep.equal({
      ...{ memorySize: 512, timeoutSeconds: 55, reservedConcurrency: 1, provisionedConcurrency: 0 },
    });
    expect(settings.functions["trade-census"]).to.deep.equal({
      ...{ memorySize: 1024, timeoutSeconds: 900, reservedConcurrency: 1, provisionedConcurrency: 0 },
    });
    expect(settings.functions["replacement-recorder"]).to.include({
      reservedConcurrency: 5,
      provisionedConcurrency: 0,
    });
  });

  it("give a function its own figures over the common ones", () => {
    const settings = parseSettings({
      ...required,
      ...one("functions", { memorySize: 1024, overrides: { "compliance-recorder": { memorySize: 2048 } } }),
    });
    expect(settings.functions["compliance-recorder"].memorySize).to.equal(2048);
    expect(settings.functions["trade-validator"].memorySize).to.equal(1024);
  });

  it("leave the keys of Pulumi and of other projects alone", () => {
    expect(
      problemsOf({ "aws:region": "nowhere", "pulumi:disable-default-providers": '["aws"]' }),
    ).to.deep.equal([]);
  });

  it("say all that is wrong at once, each with key, value and what is allowed", () => {
    const problems = problemsOf({
      "trade-processing:environmentSuffix": "Dev!",
      ...one("workflow", { type: "FAST" }),
      ...one("speed", 9),
      ...one("network", { primary: { egress: "none" } }),
    });
    expect(problems).to.deep.include({
      key: "trade-processing:environmentSuffix",
      value: "Dev!",
      allowed: "3 to 20 of a-z, 0-9 and -, with a letter or digit on each side of a -",
    });
    expect(problems).to.deep.include({
      key: "trade-processing:workflow.type",
      value: "FAST",
      allowed: "STANDARD, EXPRESS",
    });
    const unknown = problems.find(({ key }) => key === "trade-processing:speed");
    expect(unknown?.value).to.equal(9);
    expect(unknown?.allowed).to.include("environmentSuffix").and.to.include("alertEmail");
    const egress = problems.find(({ key }) => key === "trade-processing:network.primary.egress");
    expect(egress?.allowed).to.include("https://data.example.com/v1");
    expect(problems).to.have.length(4);
  });

  const refused: [what: string, config: Record<string, string>, key: string][] = [
    ["a missing endpoint", { "trade-processing:enrichment": "{}" }, "enrichment.apiEndpoint"],
    [
      "an http endpoint",
      one("enrichment", { apiEndpoint: "http://data.example.com" }),
      "enrichment.apiEndpoint",
    ],
    [
      "credentials in the endpoint",
      one("enrichment", { apiEndpoint: "https://a:b@c.d" }),
      "enrichment.apiEndpoint",
    ],
    ["a region outside the list", { "trade-processing:replicaRegion": "us-east-1" }, "replicaRegion"],
    ["an unknown key inside a key", one("routing", { retries: 3 }), "routing.retries"],
    ["text for a number", one("functions", { memorySize: "512" }), "functions.memorySize"],
    ["a retention that CloudWatch lacks", one("logging", { retentionDays: 13 }), "logging.retentionDays"],
    [
      "an event age beyond EventBridge's",
      one("routing", { maximumEventAgeInSeconds: 86_401 }),
      "routing.maximumEventAgeInSeconds",
    ],
    [
      "a VPC without subnets",
      one("network", { primary: { mode: "existing", vpcId: "vpc-0a1b2c3d" } }),
      "network.primary.privateSubnetIds",
    ],
    [
      "two sources of one name",
      one("sources", [
        { name: "a", source: "t.a" },
        { name: "a", source: "t.b" },
      ]),
      "sources[1].name",
    ],
    ["a suffix that ends in a hyphen", { "trade-processing:environmentSuffix": "dev-" }, "environmentSuffix"],
    [
      "a suffix with two hyphens in a row",
      { "trade-processing:environmentSuffix": "de--v" },
      "environmentSuffix",
    ],
    [
      "a source whose rule would have another rule's name",
      one("sources", [{ name: "unmatched", source: "trading.unmatched" }]),
      "sources[0].name",
    ],
    ["a log level that drops metrics", one("logging", { level: "WARN" }), "logging.level"],
    [
      "a source whose rule would be the heartbeats'",
      one("sources", [{ name: "heartbeat", source: "trading.a" }]),
      "sources[0].name",
    ],
    [
      "the heartbeats' source",
      one("sources", [{ name: "a", source: "trading.heartbeat" }]),
      "sources[0].source",
    ],
    ["a census more often than its archive fills", one("census", { everyMinutes: 4 }), "census.everyMinutes"],
    [
      "a census whose windows do not divide a day",
      one("census", { everyMinutes: 50 }),
      "census.everyMinutes",
    ],
    ["a census less than once a day", one("census", { everyMinutes: 2880 }), "census.everyMinutes"],
    ["a census every part of a minute", one("census", { everyMinutes: 7.5 }), "census.everyMinutes"],
    ["an unknown key of the census", one("census", { minutes: 60 }), "census.minutes"],
    ["text for a switch", one("failover", { enabled: "no" }), "failover.enabled"],
    ["an unknown key of failover", one("failover", { region: "eu-west-1" }), "failover.region"],
    ["an AWS source", one("sources", [{ name: "a", source: "aws.ec2" }]), "sources[0].source"],
    ["more sources than one pattern can name", one("sources", longSources), "sources"],
    [
      "more provisioned than reserved",
      one("functions", { provisionedConcurrency: 11 }),
      "functions.provisionedConcurrency",
    ],
    [
      "two censuses at once",
      one("functions", { overrides: { "trade-census": { reservedConcurrency: 2 } } }),
      "functions.overrides.trade-census.reservedConcurrency",
    ],
    [
      "an archive that has dropped what a census looks at",
      { ...one("routing", { archiveRetentionDays: 2 }), ...one("census", { everyMinutes: 1440 }) },
      "routing.archiveRetentionDays",
    ],
    ["an address without @", { "trade-processing:alertEmail": "nobody" }, "alertEmail"],
  ];
  for (const [what, config, key] of refused)
    it(`refuse ${what}`, () => {
      expect(problemsOf(config).map((problem) => problem.key)).to.include(`trade-processing:${key}`);
    });

  for (const apiEndpoint of [
    "http://127.0.0.1:8080/market",
    "https://market.example.com:8443/v1",
    "https://user:word@market.example.com/v1",
    "https://market.example.com/v1?key=1",
    "market.example.com",
  ])
    it(`refuse the endpoint ${apiEndpoint}`, () => {
      expect(problemsOf(one("enrichment", { apiEndpoint })).map((problem) => problem.key)).to.include(
        "trade-processing:enrichment.apiEndpoint",
      );
    });

  it("let a private endpoint need no way out", () => {
    const config = {
      ...one("enrichment", { apiEndpoint: "https://10.0.3.7/market" }),
      ...one("network", { primary: { egress: "none" }, replica: { egress: "none" } }),
    };
    expect(problemsOf(config)).to.deep.equal([]);
  });
});
