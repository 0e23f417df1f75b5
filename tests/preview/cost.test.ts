import { expect } from "chai";
import { type Cost, costOf } from "../../local/preview/cost.ts";
import { PRICES } from "../../local/preview/prices.ts";
import { type Snapshot, snapshotOf } from "../../local/preview/snapshot.ts";
import { pathThrough, transitions } from "../../local/preview/workflow-path.ts";
import { evaluateOffline, type StackName } from "../components/support/stacks.ts";

const MILLION = 1_000_000;

async function snapshot(stack: StackName, overrides: Record<string, string> = {}): Promise<Snapshot> {
  return snapshotOf(stack, await evaluateOffline(stack, overrides));
}

/** Dollars a month of a service in a region. */
function monthly({ items }: Cost, service: string, region: string): number {
  return items
    .filter((item) => item.service === service && item.region === region)
    .reduce((sum, item) => sum + item.monthly, 0);
}

/** Those that trades make. */
function byTrades(cost: Cost, service: string, region: string): number {
  return monthly({ ...cost, items: cost.items.filter(({ isFixed }) => !isFixed) }, service, region);
}

/** Metrics of a region's alarms. */
function alarms({ items }: Cost, region: string): number[] {
  return items
    .filter((item) => item.unit.includes("standard alarm") && item.region === region)
    .map(({ quantity }) => quantity);
}

/** Each literal is worked out by hand in its comment; nothing here is computed by the code under test. */
describe("the monthly cost of a million trades", () => {
  const costs = {} as Record<StackName, Cost>;
  before(async () => {
    for (const stack of ["dev", "prod"] as const) costs[stack] = costOf(await snapshot(stack), MILLION);
  });

  it("counts the network of each region: one NAT gateway with its address, two endpoints in two zones", () => {
    for (const stack of ["dev", "prod"] as const) {
      // us-east-1: 730 h × (0.045 + 0.005 + 2 × 2 × 0.01) = 65.70; 1 M × 4 KB = 4 GB × 0.045 = 0.18
      expect(monthly(costs[stack], "Amazon VPC", "us-east-1")).to.be.closeTo(65.88, 1e-6);
      // eu-west-1: 730 h × (0.048 + 0.005 + 2 × 2 × 0.011) = 70.81
      expect(monthly(costs[stack], "Amazon VPC", "eu-west-1")).to.be.closeTo(70.81, 1e-6);
    }
  });

  it("counts one key a region, and each alarm", () => {
    for (const region of ["us-east-1", "eu-west-1"]) {
      expect(monthly(costs.dev, "AWS KMS", region)).to.equal(1);
      expect(monthly(costs.prod, "AWS KMS", region)).to.equal(1);
    }
    // A region's alarms: of 5 functions' queues (two share one), of rejects, of the targets', of unmatched and of
    // unaccounted events' queue: 9; error, timeout and throttle of the workflow: 3; conflict and age of replacements,
    // age of pending enrichments, lag of two tables, two of the region's health: 7; and the estimate of unaccounted
    // trades, which has 10 metrics: 29. dev has one more of forwarding and one of unfinished executions.
    expect(alarms(costs.prod, "eu-west-1")).to.deep.equal([29]);
    expect(alarms(costs.dev, "eu-west-1")).to.deep.equal([31]);
  });

  it("counts the health checks of the endpoint", () => {
    // Of two alarms, and of both: 3 × 0.50
    expect(monthly(costs.prod, "Amazon Route 53", "us-east-1")).to.equal(1.5);
  });

  it("counts what schedules set off without any trade, in each region", () => {
    const scheduled = ({ items }: Cost, service: string, region: string) =>
      items
        .filter((item) => item.isFixed && item.service === service && item.region === region)
        .filter(({ unit }) => !unit.includes("alarm"))
        .reduce((sum, item) => sum + item.monthly, 0);
    for (const cost of Object.values(costs))
      for (const region of ["us-east-1", "eu-west-1"]) {
        // 730 h × 60 heartbeats and as many runs of the completer, and 730 censuses: 88,330 × 1.00 a million;
        // each heartbeat is an event, 43,800 × 1.00
        expect(scheduled(cost, "Amazon EventBridge", region)).to.be.closeTo(0.13213, 1e-9);
        // 3 functions a heartbeat, the completer and the census: 175,930 × 0.20 a million = 0.035186;
        // 0.5 GB × (131,400 × 0.03 s + 43,800 × 0.2 s + 730 × 60 s) = 28,251 GB-s × 0.0000133334 = 0.3766818834
        expect(scheduled(cost, "AWS Lambda", region)).to.be.closeTo(0.4118678834, 1e-9);
        // 5 % of 43,800 × 5.00
        expect(scheduled(cost, "AWS X-Ray", region)).to.be.closeTo(0.01095, 1e-9);
      }
    // The path of a recorded trade: 43,800 × 7 × 25.00 a million
    expect(scheduled(costs.dev, "AWS Step Functions", "eu-west-1")).to.be.closeTo(7.665, 1e-9);
    // 43,800 × 1.00 a million, and × 0.3 s × 64 MB / 1024 = 821.25 GB-s × 0.00001667 = 0.0136902375
    expect(scheduled(costs.prod, "AWS Step Functions", "eu-west-1")).to.be.closeTo(0.0574902375, 1e-9);
    // A row of the last heartbeat: 43,800 × 0.705 a million
    expect(scheduled(costs.prod, "Amazon DynamoDB", "eu-west-1")).to.be.closeTo(0.030879, 1e-9);
    // 175,930 × 1.5 KB = 0.263895 GB × 0.57
    expect(scheduled(costs.prod, "Amazon CloudWatch", "eu-west-1")).to.be.closeTo(0.15042015, 1e-9);
  });

  it("counts every invocation's logs where trades run", () => {
    // 0.99 M × 3 + 0.01 M × 2 = 2.99 M invocations × 1.5 KB = 4.485 GB × 0.50 = 2.2425
    expect(byTrades(costs.prod, "Amazon CloudWatch", "us-east-1")).to.be.closeTo(2.2425, 1e-6);
  });

  it("counts a STANDARD workflow by its transitions", () => {
    // Recorded: Process, ValidateTrade, EnrichMetadata, DecideValidation, RecordTrade, DecideRecording, Recorded: 7.
    // Rejected: Process, both branches, DecideValidation, DescribeRejection, ChooseCopy, AppendRejection,
    // SendRejection, OutcomeWritten, Ended: 10. (0.99 × 7 + 0.01 × 10) M = 7.03 M × 25 = 175.75
    expect(byTrades(costs.dev, "AWS Step Functions", "us-east-1")).to.be.closeTo(175.75, 1e-6);
    expect(byTrades(costs.dev, "AWS Step Functions", "eu-west-1")).to.equal(0);
  });

  it("counts an EXPRESS workflow by requests and duration", () => {
    // Recorded takes 6 states one after the other × 30 ms + 2 functions × 30 ms = 240 ms, billed as 300;
    // rejected 9 × 30 + 30 = 300. 1 M × 0.3 s × 64 MB / 1024 = 18,750 GB-s × 0.00001667 = 0.3125625; 1 M requests 1.00
    expect(byTrades(costs.prod, "AWS Step Functions", "us-east-1")).to.be.closeTo(1.3125625, 1e-6);
  });

  it("counts functions by requests, memory and time", () => {
    // 2.99 M × 0.20 = 0.598; 2.99 M × 0.5 GB × 0.03 s = 44,850 GB-s × 0.0000133334 = 0.59800299
    for (const cost of Object.values(costs))
      expect(byTrades(cost, "AWS Lambda", "us-east-1")).to.be.closeTo(1.19600299, 1e-6);
  });

  it("counts rows with their index and again in the replica, and what a census reads of them", () => {
    // A row of 1.2 KB takes 2 units, and 2 in SourceSystemIndex: 0.99 M × 4; an outcome as many: 4 M units. The
    // census reads 1 M rows where they were put, and outcomes of 0.01 M events: 1.01 M units.
    for (const cost of Object.values(costs)) {
      // 4 × 0.625 + 1.01 × 0.125
      expect(byTrades(cost, "Amazon DynamoDB", "us-east-1")).to.be.closeTo(2.62625, 1e-6);
      // 4 × 0.705
      expect(byTrades(cost, "Amazon DynamoDB", "eu-west-1")).to.be.closeTo(2.82, 1e-6);
    }
  });

  it("counts events and their copies, archives, censuses, rejects' messages and traces", () => {
    for (const cost of Object.values(costs)) {
      // In either region 1 M events × 1.00, 1 GB archived × 0.10, and 1 M replayed events × 1.00
      for (const region of ["us-east-1", "eu-west-1"])
        expect(byTrades(cost, "Amazon EventBridge", region)).to.be.closeTo(2.1, 1e-9);
      // Of each event that a census looks for 1.2 requests × 0.40; and 0.01 M messages × 0.40
      expect(byTrades(cost, "Amazon SQS", "us-east-1")).to.be.closeTo(0.484, 1e-9);
      expect(byTrades(cost, "Amazon SQS", "eu-west-1")).to.equal(0);
      // 5 % of 1 M × 5.00
      expect(byTrades(cost, "AWS X-Ray", "us-east-1")).to.be.closeTo(0.25, 1e-9);
    }
  });

  it("adds up", () => {
    // Fixed: 65.70 + 70.81 + 2 × 1 + 1.50 = 140.01; alarms 2 × 3.10 (dev) or 2 × 2.90 (prod); and by schedules
    // 2 × (0.13213 + 0.01095 + 0.4118678834 + workflow) + 0.1319475 + 0.15042015 + 0.027375 + 0.030879.
    expect(costs.dev.fixed).to.be.closeTo(162.9905174, 1e-6);
    expect(costs.prod.fixed).to.be.closeTo(147.3754979, 1e-6);
    // By trades: 0.18 + 2.2425 + workflow + 1.19600299 + 2.62625 + 2.82 + 2 × 2.1 + 0.484 + 0.25
    // = 13.99875299 + workflow
    expect(costs.dev.perTrade).to.be.closeTo(189.74875299, 1e-6);
    expect(costs.prod.perTrade).to.be.closeTo(15.31131549, 1e-6);
    expect(costs.dev.total).to.be.closeTo(352.73927041, 1e-6);
    expect([costs.dev.unpriced, costs.prod.unpriced]).to.deep.equal([[], []]);
  });
});

describe("a cost", () => {
  it("is that of the resources alone when there are no trades", async () => {
    const cost = costOf(await snapshot("prod"), 0);
    expect([cost.perTrade, cost.total]).to.deep.equal([0, cost.fixed]);
  });

  it("follows the memory and the provisioned concurrency of the program", async () => {
    const functions = JSON.stringify({
      memorySize: 1024,
      reservedConcurrency: 100,
      provisionedConcurrency: 2,
    });
    const cost = costOf(await snapshot("prod", { functions }), MILLION);
    const of = (unit: RegExp, region: string) =>
      cost.items.filter((item) => unit.test(item.unit) && item.region === region).map((item) => item.monthly);
    // 2.99 M × 1 GB × 0.03 s = 89,700 GB-s × 0.0000133334
    expect(of(/^GB-second \(arm64\)/, "us-east-1")[1]).to.be.closeTo(1.19600598, 1e-6);
    // The workflow's 3 functions × 2 × 1 GB × 730 h × 3,600 s = 15,768,000 GB-s × 0.0000033334
    for (const region of ["us-east-1", "eu-west-1"])
      expect(of(/provisioned concurrency \(arm64\)/, region)[0]).to.be.closeTo(52.5610512, 1e-6);
  });

  it("has an endpoint instead of the NAT gateway where the network reaches the API by one", async () => {
    const serviceName = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    const network = JSON.stringify({
      primary: { egress: { privateLink: { serviceName } } },
      replica: { egress: "nat" },
    });
    const cost = costOf(await snapshot("dev", { network }), MILLION);
    // Five endpoints in two zones, two of them for the census: 730 × 10 × 0.01
    expect(monthly(cost, "Amazon VPC", "us-east-1")).to.be.closeTo(73, 1e-6);
    expect(monthly(cost, "Amazon VPC", "eu-west-1")).to.be.closeTo(70.81, 1e-6);
  });

  it("has no copies, health checks and heartbeats without failover, and no replays without a census", async () => {
    const without = { failover: '{"enabled":false}', census: '{"everyMinutes":0}' };
    const cost = costOf(await snapshot("prod", without), MILLION);
    expect(monthly(cost, "Amazon Route 53", "us-east-1")).to.equal(0);
    // 1 M events × 1.00, 1 GB × 0.10, and 43,800 runs of the completer × 1.00 a million
    expect(monthly(cost, "Amazon EventBridge", "us-east-1")).to.be.closeTo(1.1438, 1e-9);
    expect(monthly(cost, "Amazon EventBridge", "eu-west-1")).to.be.closeTo(0.0438, 1e-9);
    expect(monthly(cost, "Amazon SQS", "us-east-1")).to.be.closeTo(0.004, 1e-9);
    expect(monthly(cost, "AWS Step Functions", "eu-west-1")).to.equal(0);
  });

  it("says which schedule it cannot count", async () => {
    const { resources, ...rest } = await snapshot("dev");
    const changed = resources.map((each) =>
      each.name === "primary-maintenance-completer-schedule"
        ? { ...each, inputs: { ...each.inputs, scheduleExpression: "cron(0 * * * ? *)" } }
        : each,
    );
    expect(costOf({ ...rest, resources: changed }, MILLION).unpriced).to.deep.equal([
      'costs of schedule primary-maintenance-completer-schedule: scheduleExpression is "cron(0 * * * ? *)"; only rates are counted',
    ]);
  });

  it("says what has no price in a region, and does not count it", async () => {
    const { resources, outputs, ...rest } = await snapshot("dev");
    const moved = resources.map((each) =>
      each.region === "eu-west-1" ? { ...each, region: "nowhere" } : each,
    );
    const cost = costOf({ ...rest, outputs, resources: moved }, MILLION);
    expect(cost.unpriced).to.include("AWS KMS: customer key and month: no price is known for nowhere");
    expect(cost.items.map(({ region }) => region)).not.to.include("nowhere");
  });

  it("says what a workflow without the known states makes unknown", async () => {
    const { resources, ...rest } = await snapshot("dev");
    const changed = resources.map((each) =>
      each.type === "aws:sfn/stateMachine:StateMachine"
        ? {
            ...each,
            inputs: { ...each.inputs, definition: '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}' },
          }
        : each,
    );
    expect(costOf({ ...rest, resources: changed }, MILLION).unpriced).to.deep.equal([
      ...["primary", "replica"].map(
        (role) =>
          `costs of schedule ${role}-maintenance-heartbeat-schedule: the workflow has no way from state "A" to state "RecordTrade"`,
      ),
      'costs of recorded trades: the workflow has no way from state "A" to state "RecordTrade"',
      'costs of rejected trades: the workflow has no way from state "A" to state "DescribeRejection"',
    ]);
  });

  it("comes from prices that each have a source and a date", () => {
    for (const { source, date, regions } of Object.values(PRICES)) {
      expect(source).to.match(/^(Amazon|AWS) .* ?pricing/);
      expect(date).to.match(/^20\d\d-\d\d$/);
      expect(Object.keys(regions)).to.include.members(["us-east-1", "eu-west-1"]);
    }
  });
});

describe("the way of an execution", () => {
  it("is the shortest one, with all branches and nothing caught", () => {
    const definition = JSON.stringify({
      StartAt: "Start",
      States: {
        Start: { Type: "Task", Next: "Choose", Catch: [{ Next: "End" }] },
        Choose: { Type: "Choice", Choices: [{ Next: "Detour" }], Default: "Both" },
        Detour: { Type: "Pass", Next: "Both" },
        Both: {
          Type: "Parallel",
          Branches: [
            { StartAt: "B1", States: { B1: { Type: "Pass", Next: "B2" }, B2: { Type: "Pass", End: true } } },
            { StartAt: "C1", States: { C1: { Type: "Pass", End: true } } },
          ],
          Next: "End",
        },
        End: { Type: "Succeed" },
      },
    });
    const path = pathThrough(definition, ["End"]);
    expect(path.map(({ name }) => name)).to.deep.equal(["Start", "Choose", "Both", "End"]);
    expect(transitions(path)).to.equal(7);
    expect(transitions(pathThrough(definition, ["Detour", "End"]))).to.equal(8);
  });
});
