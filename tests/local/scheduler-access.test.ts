import { expect } from "chai";
import { DrivenClock } from "../../local/cloud/clock.ts";
import { Cloud } from "../../local/cloud/cloud.ts";
import { type Endpoint, startEndpoint } from "../../local/cloud/endpoint/server.ts";
import { createEvents, type EventsService } from "../../local/cloud/events/service.ts";
import { createAuthorizer } from "../../local/cloud/iam/authorizer.ts";
import { createIam } from "../../local/cloud/iam/service.ts";
import { createMonitoring } from "../../local/cloud/monitoring/service.ts";
import { createScheduler } from "../../local/cloud/scheduler/service.ts";
import type { Json } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { createSts } from "../../local/cloud/sts/service.ts";
import { allow, policy, ROOT } from "./authorization-support.ts";
import { refusal } from "./endpoint-support.ts";
import { BUS, DEAD_LETTERS, FUNCTION, MINUTE, REGION, ROLE, schedule } from "./scheduler-support.ts";

const GROUP = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/default";
const ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/sweep";

/** A trust policy for a service, on behalf of what an ARN names. */
function trust(Service: string, sourceArn = GROUP): string {
  const Condition = { ArnEquals: { "aws:SourceArn": sourceArn } };
  return policy({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole", Condition });
}

class AccessBench {
  readonly clock = new DrivenClock();
  readonly cloud = new Cloud({ clock: this.clock });
  readonly invoked: Json[] = [];
  readonly events: EventsService;

  constructor() {
    const { cloud } = this;
    const { metrics } = cloud.add(createMonitoring);
    const iam = cloud.add(createIam);
    cloud.add(createSts);
    cloud.add((surroundings) => createSqs(surroundings, metrics));
    cloud.add(() => ({ name: "lambda", operations: { Invoke: (input) => void this.invoked.push(input) } }));
    this.events = cloud.add((surroundings) => createEvents(surroundings, { metrics }));
    cloud.add((surroundings) => createScheduler(surroundings, { metrics }));
    const { services, surroundings } = cloud;
    cloud.authorize = createAuthorizer({ iam, services, ...surroundings }).authorize;
  }

  call(service: string, operation: string, input: Json, principal = ROOT): Promise<Json> {
    return this.cloud.call({ service, operation, region: REGION, principal }, input);
  }

  async role(AssumeRolePolicyDocument: string, ...statements: Json[]): Promise<void> {
    await this.call("iam", "CreateRole", { RoleName: "schedule", AssumeRolePolicyDocument });
    const input = { RoleName: "schedule", PolicyName: "all", PolicyDocument: policy(...statements) };
    if (statements.length > 0) await this.call("iam", "PutRolePolicy", input);
  }

  async received(): Promise<Json[]> {
    const QueueUrl = "https://sqs.us-east-1.amazonaws.com/000000000000/dead";
    const input = { QueueUrl, MessageAttributeNames: ["All"] };
    return ((await this.call("sqs", "ReceiveMessage", input)).Messages ?? []) as Json[];
  }
}

describe("the role of a schedule", () => {
  let bench: AccessBench;
  beforeEach(() => {
    bench = new AccessBench();
  });
  afterEach(() => bench.cloud.close());

  it("must trust the service on behalf of the schedule's group", async () => {
    for (const document of [trust("events.amazonaws.com"), trust("scheduler.amazonaws.com", ARN)]) {
      await bench.role(document);
      const error = await refusal(bench.call("scheduler", "CreateSchedule", schedule()));
      expect(error.code).to.equal("ValidationException");
      expect(error.message).to.match(/must allow AWS EventBridge Scheduler to assume the role/);
      await bench.call("iam", "DeleteRole", { RoleName: "schedule" });
    }
  });

  it("lets it invoke, and put events to a bus", async () => {
    await bench.role(
      trust("scheduler.amazonaws.com"),
      allow("lambda:InvokeFunction", FUNCTION),
      allow("events:PutEvents", BUS),
    );
    await bench.call("events", "CreateEventBus", { Name: "trades" });
    await bench.call("scheduler", "CreateSchedule", schedule());
    const EventBridgeParameters = { DetailType: "Trade Event", Source: "trading.canary" };
    await bench.call(
      ...(["scheduler", "CreateSchedule"] as const),
      schedule({ Arn: BUS, EventBridgeParameters }, { Name: "canary" }),
    );
    await bench.clock.advance(5 * MINUTE);
    expect(bench.invoked).to.have.length(1);
    expect(bench.events.acceptedEvents(REGION, "trades")).to.equal(1);
  });

  it("that may not invoke has the run dead-lettered, with the reason", async () => {
    await bench.role(trust("scheduler.amazonaws.com"), allow("sqs:SendMessage", DEAD_LETTERS));
    await bench.call("sqs", "CreateQueue", { QueueName: "dead" });
    const RetryPolicy = { MaximumRetryAttempts: 2 };
    await bench.call(
      ...(["scheduler", "CreateSchedule"] as const),
      schedule({ RetryPolicy, DeadLetterConfig: { Arn: DEAD_LETTERS } }),
    );
    await bench.clock.advance(6 * MINUTE);
    expect(bench.invoked).to.deep.equal([]);
    const [message, ...others] = await bench.received();
    expect(others).to.deep.equal([]);
    expect(message).to.include({ Body: "{}" });
    const attributes = message?.MessageAttributes as Record<string, Json>;
    expect(attributes.ERROR_CODE?.StringValue).to.equal("AccessDeniedException");
    expect(attributes.ERROR_MESSAGE?.StringValue).to.match(
      /role\/schedule is not authorized to perform: lambda:InvokeFunction on resource: .*:function:sweep:live/,
    );
    expect(attributes.RETRY_ATTEMPTS?.StringValue).to.equal("2");
  });

  it("that may not send leaves the dead-letter queue empty", async () => {
    await bench.role(trust("scheduler.amazonaws.com"));
    await bench.call("sqs", "CreateQueue", { QueueName: "dead" });
    const RetryPolicy = { MaximumRetryAttempts: 0 };
    await bench.call(
      ...(["scheduler", "CreateSchedule"] as const),
      schedule({ RetryPolicy, DeadLetterConfig: { Arn: DEAD_LETTERS } }),
    );
    await bench.clock.advance(6 * MINUTE);
    expect(await bench.received()).to.deep.equal([]);
  });

  // Service Authorization Reference, "Amazon EventBridge Scheduler"; IAM, "Granting permissions to pass a role".
  it("is passed by whoever makes the schedule, who must be permitted both", async () => {
    await bench.role(trust("scheduler.amazonaws.com"), allow("scheduler:CreateSchedule", ARN));
    const denied = await refusal(bench.call("scheduler", "CreateSchedule", schedule(), ROLE));
    expect(denied).to.include({ code: "AccessDeniedException", status: 403 });
    expect(denied.message).to.match(/iam:PassRole on resource: .*role\/schedule/);
    const Condition = { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } };
    await bench.call("iam", "PutRolePolicy", {
      ...{ RoleName: "schedule", PolicyName: "pass" },
      PolicyDocument: policy(allow("iam:PassRole", ROLE, { Condition })),
    });
    await bench.call("scheduler", "CreateSchedule", schedule(), ROLE);
    const other = await refusal(
      bench.call("scheduler", "CreateSchedule", schedule({}, { Name: "other" }), ROLE),
    );
    expect(other.message).to.match(/scheduler:CreateSchedule on resource: .*schedule\/default\/other/);
  });
});

describe("EventBridge Scheduler over HTTP", () => {
  let bench: AccessBench;
  let endpoint: Endpoint;
  before(async () => {
    bench = new AccessBench();
    endpoint = await startEndpoint(bench.cloud);
    await bench.role(trust("scheduler.amazonaws.com"));
  });
  after(async () => {
    await bench.cloud.close();
    await endpoint.close();
  });

  async function ask(method: string, path: string, body?: Json) {
    const response = await fetch(`${endpoint.url}${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/us-east-1/scheduler/aws4_request, " +
          "SignedHeaders=host, Signature=0",
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return {
      status: response.status,
      type: response.headers.get("x-amzn-errortype"),
      json: (await response.json()) as Json,
    };
  }

  // EventBridge Scheduler API Reference, "Request Syntax" of each action.
  it("is made, read, changed, listed and deleted by REST requests as SDKs send them", async () => {
    const { Name: _name, ...body } = schedule({}, { ClientToken: "0b2c7d3e" });
    expect(await ask("POST", "/schedules/sweep", body)).to.deep.include({
      status: 200,
      json: { ScheduleArn: ARN },
    });
    const got = await ask("GET", "/schedules/sweep?groupName=default");
    expect(got.json).to.include({ Name: "sweep", GroupName: "default", State: "ENABLED" });
    const changed = await ask("PUT", "/schedules/sweep", { ...body, State: "DISABLED" });
    expect(changed.json).to.deep.equal({ ScheduleArn: ARN });
    const listed = await ask(
      "GET",
      "/schedules?ScheduleGroup=default&NamePrefix=sw&State=DISABLED&MaxResults=5",
    );
    expect((listed.json.Schedules as Json[]).map(({ Arn }: Json) => Arn)).to.deep.equal([ARN]);
    expect(await ask("DELETE", "/schedules/sweep?clientToken=x&groupName=default")).to.deep.include({
      ...{ status: 200, json: {} },
    });
    expect(await ask("GET", "/schedules/sweep")).to.include({
      status: 404,
      type: "ResourceNotFoundException",
    });
  });

  it("answers what it does not carry out by name", async () => {
    const other = await ask("POST", "/schedule-groups/mine", {});
    expect(other).to.include({ status: 404, type: "UnknownOperationException" });
    expect(other.json.message).to.match(/does not carry out scheduler POST \/schedule-groups\/mine/);
    const { Name: _name, ...body } = schedule({}, { ScheduleExpression: "at(2026-01-05T00:00:00)" });
    expect(await ask("POST", "/schedules/once", body)).to.include({
      ...{ status: 400, type: "ValidationException" },
    });
    expect(await ask("GET", "/schedules/%E0")).to.include({ status: 400, type: "ValidationException" });
  });
});
