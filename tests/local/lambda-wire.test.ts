import { expect } from "chai";
import { type Endpoint, startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Json } from "../../local/cloud/service.ts";
import { LambdaBench, ROLE } from "./lambda-support.ts";

const ECHO = "export const handler = async (event, { clientContext }) => ({ event, clientContext });";
const AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=KEY/20260105/us-east-1/lambda/aws4_request";
const FUNCTION = "/2015-03-31/functions/echo";
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:echo";

/** Requests and statuses as the "Request Syntax" and "Response Syntax" of each action in Lambda's API reference. */
describe("Lambda over the wire, locally", function () {
  this.timeout(20_000);
  let bench: LambdaBench;
  let endpoint: Endpoint;
  beforeEach(async () => {
    bench = new LambdaBench();
    endpoint = await startEndpoint(bench.cloud);
    await bench.create("echo", ECHO);
  });
  afterEach(async () => {
    await endpoint.close();
    await bench.close();
  });

  async function send(
    method: string,
    path: string,
    body?: Json | string,
    headers: Record<string, string> = {},
  ) {
    const response = await fetch(endpoint.url + path, {
      ...{ method, headers: { authorization: AUTHORIZATION, ...headers } },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text ? JSON.parse(text) : undefined,
    };
  }

  it("invokes with type, log and client context in headers", async () => {
    const { status, headers, json } = await send("POST", `${FUNCTION}/invocations`, '{"a":1}', {
      "x-amz-log-type": "Tail",
      "x-amz-client-context": Buffer.from('{"custom":{"é":"1"}}').toString("base64"),
    });
    expect(status).to.equal(200);
    expect(json).to.deep.equal({ event: { a: 1 }, clientContext: { custom: { é: "1" } } });
    expect(headers.get("x-amz-executed-version")).to.equal("$LATEST");
    const log = Buffer.from(headers.get("x-amz-log-result") ?? "", "base64").toString("utf8");
    expect(log).to.match(/^START RequestId: [0-9a-f-]{36} Version: \$LATEST\nEND RequestId: /);
    const event = await send("POST", `${FUNCTION}/invocations`, "{}", { "x-amz-invocation-type": "Event" });
    expect(event).to.include({ status: 202, text: "" });
    const dry = await send("POST", `${FUNCTION}/invocations`, "{}", { "x-amz-invocation-type": "DryRun" });
    expect(dry).to.include({ status: 204, text: "" });
  });

  it("makes, shows, changes and deletes a function", async () => {
    await bench.image("second", ECHO);
    const request = {
      FunctionName: "second",
      PackageType: "Image",
      Code: { ImageUri: "second" },
      Role: ROLE,
    };
    expect((await send("POST", "/2015-03-31/functions", request)).status).to.equal(201);
    expect((await send("POST", "/2015-03-31/functions", request)).status).to.equal(409);
    const path = "/2015-03-31/functions/second";
    expect((await send("GET", path)).json.Configuration).to.include({ FunctionName: "second", Timeout: 3 });
    const changed = await send("PUT", `${path}/configuration`, { Timeout: 7 });
    expect(changed).to.have.property("status", 200);
    expect((await send("GET", `${path}/configuration`)).json).to.include({ Timeout: 7, State: "Active" });
    expect((await send("PUT", `${path}/code`, { ImageUri: "echo" })).status).to.equal(200);
    const listed = await send("GET", "/2015-03-31/functions/?MaxItems=10");
    expect(listed.json.Functions.map(({ FunctionName }: Json) => FunctionName)).to.have.members([
      "echo",
      "second",
    ]);
    expect(await send("DELETE", path)).to.include({ status: 204, text: "" });
    const gone = await send("GET", path);
    expect(gone.status).to.equal(404);
    expect(gone.headers.get("x-amzn-errortype")).to.equal("ResourceNotFoundException");
    expect(gone.json).to.include({
      Type: "User",
      Message: `Function not found: ${ARN.replace("echo", "second")}`,
    });
  });

  it("publishes versions and points aliases to them", async () => {
    expect(await send("POST", `${FUNCTION}/versions`, {})).to.have.property("status", 201);
    const versions = (await send("GET", `${FUNCTION}/versions`)).json.Versions;
    expect(versions.map(({ Version }: Json) => Version)).to.deep.equal(["$LATEST", "1"]);
    const made = await send("POST", `${FUNCTION}/aliases`, { Name: "live", FunctionVersion: "1" });
    expect(made.status).to.equal(201);
    expect(made.json).to.include({ AliasArn: `${ARN}:live`, FunctionVersion: "1" });
    const described = await send("PUT", `${FUNCTION}/aliases/live`, { Description: "now" });
    expect(described.json).to.include({ Description: "now", FunctionVersion: "1" });
    expect((await send("GET", `${FUNCTION}/aliases/live`)).json.Name).to.equal("live");
    expect((await send("GET", `${FUNCTION}/aliases?FunctionVersion=2`)).json.Aliases).to.deep.equal([]);
    const invoked = await send("POST", `${FUNCTION}/invocations?Qualifier=live`, "{}");
    expect(invoked.headers.get("x-amz-executed-version")).to.equal("1");
    expect((await send("DELETE", `${FUNCTION}?Qualifier=1`)).status).to.equal(409);
    expect((await send("DELETE", `${FUNCTION}/aliases/live`)).status).to.equal(204);
    expect((await send("DELETE", `${FUNCTION}?Qualifier=1`)).status).to.equal(204);
  });

  it("reserves concurrency under the versions of its paths", async () => {
    const put = await send("PUT", "/2017-10-31/functions/echo/concurrency", {
      ReservedConcurrentExecutions: 5,
    });
    expect(put.json).to.deep.equal({ ReservedConcurrentExecutions: 5 });
    const get = await send("GET", "/2019-09-30/functions/echo/concurrency");
    expect(get.json).to.deep.equal({ ReservedConcurrentExecutions: 5 });
    const settings = (await send("GET", "/2016-08-19/account-settings/")).json.AccountLimit;
    expect(settings).to.include({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 995 });
    expect((await send("DELETE", "/2017-10-31/functions/echo/concurrency")).status).to.equal(204);
    expect((await send("GET", "/2019-09-30/functions/echo/concurrency")).json).to.deep.equal({});
  });

  it("keeps statements of the resource policy, which the service shows by ARN", async () => {
    const statement = {
      ...{ StatementId: "rule", Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com" },
      SourceArn: "arn:aws:events:us-east-1:000000000000:rule/r",
    };
    expect((await send("POST", `${FUNCTION}/policy`, statement)).status).to.equal(201);
    expect((await send("POST", `${FUNCTION}/policy`, statement)).status).to.equal(409);
    const expected = {
      Version: "2012-10-17",
      Id: "default",
      Statement: [
        {
          ...{ Sid: "rule", Effect: "Allow", Principal: { Service: "events.amazonaws.com" } },
          ...{ Action: "lambda:InvokeFunction", Resource: ARN },
          Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/r" } },
        },
      ],
    };
    expect(JSON.parse((await send("GET", `${FUNCTION}/policy`)).json.Policy)).to.deep.equal(expected);
    expect(JSON.parse(bench.lambda.resourcePolicy?.(ARN) ?? "")).to.deep.equal(expected);
    expect((await send("DELETE", `${FUNCTION}/policy/rule`)).status).to.equal(204);
    expect((await send("DELETE", `${FUNCTION}/policy/rule`)).status).to.equal(404);
    expect((await send("GET", `${FUNCTION}/policy`)).status).to.equal(404);
    expect(bench.lambda.resourcePolicy?.(ARN)).to.equal(undefined);
  });

  it("lists in pages", async () => {
    await bench.create("second", ECHO);
    const first = (await send("GET", "/2015-03-31/functions?MaxItems=1")).json;
    expect(first.Functions).to.have.length(1);
    const rest = (await send("GET", `/2015-03-31/functions?Marker=${first.NextMarker}`)).json;
    expect(rest.Functions.map(({ FunctionName }: Json) => FunctionName)).to.deep.equal(["second"]);
    expect(rest).to.not.have.property("NextMarker");
  });

  it("refuses a change to what has changed since the caller looked", async () => {
    const { RevisionId } = (await send("GET", `${FUNCTION}/configuration`)).json;
    expect((await send("PUT", `${FUNCTION}/configuration`, { Timeout: 7, RevisionId })).status).to.equal(200);
    const stale = await send("PUT", `${FUNCTION}/configuration`, { Timeout: 8, RevisionId });
    expect(stale.status).to.equal(412);
    expect(stale.headers.get("x-amzn-errortype")).to.equal("PreconditionFailedException");
  });

  it("tags a function by its ARN in the path", async () => {
    const path = `/2017-03-31/tags/${encodeURIComponent(ARN)}`;
    expect((await send("POST", path, { Tags: { a: "1", b: "2" } })).status).to.equal(204);
    expect((await send("DELETE", `${path}?tagKeys=a`)).status).to.equal(204);
    expect((await send("GET", path)).json).to.deep.equal({ Tags: { b: "2" } });
  });

  it("sets how events are carried out, of which an update changes only what it names", async () => {
    const path = "/2019-09-25/functions/echo/event-invoke-config";
    expect((await send("GET", path)).status).to.equal(404);
    await send("PUT", path, { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    const updated = await send("POST", path, { MaximumRetryAttempts: 1 });
    expect(updated.json).to.include({ MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 });
    expect(updated.json.FunctionArn).to.equal(`${ARN}:$LATEST`);
    expect((await send("GET", `${path}/list`)).json.FunctionEventInvokeConfigs).to.have.length(1);
    expect((await send("PUT", path, { MaximumRetryAttempts: 3 })).status).to.equal(400);
    expect((await send("DELETE", path)).status).to.equal(204);
  });

  it("answers a payload of more than 6 MB with 413, and what is no JSON with 400", async () => {
    const large = await send("POST", `${FUNCTION}/invocations`, JSON.stringify("x".repeat(6_291_456)));
    expect(large.status).to.equal(413);
    expect(large.headers.get("x-amzn-errortype")).to.equal("RequestTooLargeException");
    const broken = await send("POST", `${FUNCTION}/invocations`, "{no");
    expect(broken.status).to.equal(400);
    expect(broken.headers.get("x-amzn-errortype")).to.equal("InvalidRequestContentException");
    expect((await send("GET", "/2015-03-31/layers")).status).to.equal(404);
  });
});
