import { once } from "node:events";
import { connect } from "node:net";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { Cloud } from "../../local/cloud/cloud.ts";
import { createDynamoDb } from "../../local/cloud/dynamodb/service.ts";
import { startEndpoint } from "../../local/cloud/endpoint/server.ts";
import type { Call, Json, Service } from "../../local/cloud/service.ts";
import { ServiceError } from "../../local/cloud/service.ts";
import { createSqs } from "../../local/cloud/sqs/service.ts";
import { createSsm } from "../../local/cloud/ssm/service.ts";
import { clientSettings, refusal, serve } from "./endpoint-support.ts";

/** Records who called what, and answers as told. */
function recorder(name: string, answers: Record<string, () => Json>) {
  const calls: { call: Call; input: Json }[] = [];
  const operations = Object.fromEntries(
    Object.entries(answers).map(([operation, answer]) => [
      operation,
      (input: Json, call: Call): Json => {
        calls.push({ call, input });
        return answer();
      },
    ]),
  );
  const service: Service = { name, operations };
  return { service, calls };
}

const authorization = (service: string): Record<string, string> => ({
  authorization:
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/eu-west-1/${service}/aws4_request, ` +
    "SignedHeaders=host, Signature=0",
});

describe("the endpoint", () => {
  const lambdaAnswer: { output: Json; error?: ServiceError } = { output: {} };
  const lambda = recorder("lambda", {
    Invoke: () => {
      if (lambdaAnswer.error) throw lambdaAnswer.error;
      return lambdaAnswer.output;
    },
  });
  const events = recorder("events", {
    PutEvents: () => ({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] }),
  });
  let served: Awaited<ReturnType<typeof serve>>;
  let url: string;

  before(async () => {
    served = await serve([createDynamoDb, createSqs, createSsm, () => lambda.service, () => events.service]);
    url = served.endpoint.url;
  });
  after(() => served.close());

  it("takes region and service from the credential scope and the principal from the access key", async () => {
    served.endpoint.sessions.set("AKIDROLE", { principal: "arn:aws:iam::000000000000:role/recorder" });
    for (const key of ["AKIDROLE", "AKIDUNKNOWN"]) {
      const client = new EventBridgeClient(clientSettings(served.endpoint, "eu-west-1", key));
      await client.send(new PutEventsCommand({ Entries: [{ Source: "s", DetailType: "d", Detail: "{}" }] }));
      client.destroy();
    }
    expect(events.calls.map(({ call }) => call)).to.deep.equal([
      {
        service: "events",
        operation: "PutEvents",
        region: "eu-west-1",
        principal: "arn:aws:iam::000000000000:role/recorder",
      },
      {
        service: "events",
        operation: "PutEvents",
        region: "eu-west-1",
        principal: "arn:aws:iam::000000000000:root",
      },
    ]);
  });

  it("takes a request that is signed for every region, as for a global endpoint", async () => {
    events.calls.length = 0;
    const response = await fetch(url, {
      method: "POST",
      headers: {
        authorization: "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260105/events/aws4_request, Signature=0",
        "x-amz-region-set": "*",
        "x-amz-target": "AWSEvents.PutEvents",
        "content-type": "application/x-amz-json-1.1",
      },
      body: '{"EndpointId":"abc.def"}',
    });
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.equal("application/x-amz-json-1.1");
    expect(events.calls[0]?.input).to.deep.equal({ EndpointId: "abc.def" });
  });

  it("works with the SDK's clients of different services at once", async () => {
    const dynamodb = new DynamoDBClient(clientSettings(served.endpoint));
    const sqs = new SQSClient(clientSettings(served.endpoint));
    expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).to.deep.equal([]);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).to.equal(undefined);
    dynamodb.destroy();
    sqs.destroy();
  });

  it("names operations and services that are not carried out", async () => {
    const send = async (service: string, target: string) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...authorization(service), "x-amz-target": target },
        body: "{}",
      });
      return { status: response.status, body: (await response.json()) as Json };
    };
    const operation = await send("ssm", "AmazonSSM.SendCommand");
    expect(operation.status).to.equal(400);
    expect(operation.body.__type).to.equal("com.amazon.coral.service#UnknownOperationException");
    expect(operation.body.message).to.match(
      /does not carry out ssm:SendCommand; of ssm it carries out: PutParameter/,
    );
    const service = await send("kinesis", "Kinesis_20131202.PutRecord");
    expect(service.body.__type).to.equal("UnknownServiceException");
    expect(service.body.message).to.match(/no service "kinesis"; it has: dynamodb, sqs/);
    const foreign = await send("dynamodb", "AmazonSSM.GetParameter");
    expect(foreign.body.message).to.match(/Expected POST with X-Amz-Target "DynamoDB_20120810/);
    const inherited = await send("ssm", "AmazonSSM.toString");
    expect(inherited.body.__type).to.match(/UnknownOperationException$/);
  });

  it("refuses requests without credentials and bodies that are not JSON objects", async () => {
    const anonymous = await fetch(url, { method: "POST", body: "{}" });
    expect(anonymous.status).to.equal(403);
    expect(((await anonymous.json()) as Json).__type).to.equal("MissingAuthenticationTokenException");
    for (const body of ["{", "[]", "null", '"text"']) {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...authorization("ssm"), "x-amz-target": "AmazonSSM.GetParameter" },
        body,
      });
      expect(((await response.json()) as Json).__type).to.equal(
        "com.amazon.coral.service#SerializationException",
      );
    }
  });

  it("refuses a body that is too large, and answers the next request", async () => {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...authorization("ssm"), "x-amz-target": "AmazonSSM.PutParameter" },
      body: "x".repeat(7 * 1024 * 1024),
    });
    expect(response.status).to.equal(413);
    expect(((await response.json()) as Json).__type).to.equal("RequestEntityTooLargeException");
    const client = new SSMClient(clientSettings(served.endpoint));
    const error = await refusal(client.send(new GetParameterCommand({ Name: "/none" })));
    expect(error.name).to.equal("ParameterNotFound");
    client.destroy();
  });

  it("answers only to loopback names, so that no web page reaches it by rebinding a name", async () => {
    const socket = connect(served.endpoint.port, "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const [data] = (await once(socket, "data")) as [Buffer];
    expect(data.toString()).to.match(/^HTTP\/1\.1 403 /);
    socket.destroy();
  });

  it("makes an injected fault look like the service's own error", async () => {
    const remove = served.cloud.faults.add({
      service: "dynamodb",
      operation: "ListTables",
      when: "before",
      times: 1,
      effect: { kind: "throttle" },
    });
    const client = new DynamoDBClient(clientSettings(served.endpoint));
    const error = await refusal(client.send(new ListTablesCommand({})));
    expect(error.name).to.equal("ProvisionedThroughputExceededException");
    remove();
    client.destroy();
  });

  // AWS Lambda API Reference, Invoke.
  describe("for Lambda", () => {
    const invoke = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/2015-03-31/functions/${path}/invocations`, {
        method: "POST",
        headers: { ...authorization("lambda"), ...headers },
        body: '{"n":1}',
      });

    it("hands on name, qualifier, types and payload, and gives result and headers", async () => {
      lambdaAnswer.output = {
        StatusCode: 200,
        FunctionError: "Unhandled",
        LogResult: "bG9n",
        ExecutedVersion: "3",
        Payload: '{"errorType":"Runtime.ExitError"}',
      };
      const arn = "arn:aws:lambda:eu-west-1:000000000000:function:validator";
      const response = await invoke(`${encodeURIComponent(arn)}`, {
        "x-amz-invocation-type": "RequestResponse",
        "x-amz-log-type": "Tail",
      });
      expect(lambda.calls.at(-1)?.input).to.deep.equal({
        FunctionName: arn,
        InvocationType: "RequestResponse",
        LogType: "Tail",
        Payload: '{"n":1}',
      });
      expect(response.headers.get("x-amz-function-error")).to.equal("Unhandled");
      expect(response.headers.get("x-amz-log-result")).to.equal("bG9n");
      expect(response.headers.get("x-amz-executed-version")).to.equal("3");
      expect(await response.json()).to.deep.equal({ errorType: "Runtime.ExitError" });
    });

    it("passes the qualifier of the query on", async () => {
      lambdaAnswer.output = { StatusCode: 202 };
      const response = await fetch(`${url}/2015-03-31/functions/validator/invocations?Qualifier=live`, {
        method: "POST",
        headers: { ...authorization("lambda"), "x-amz-invocation-type": "Event" },
      });
      expect(response.status).to.equal(202);
      expect(lambda.calls.at(-1)?.input).to.include({ Qualifier: "live", InvocationType: "Event" });
    });

    it("gives errors their type in a header", async () => {
      lambdaAnswer.error = new ServiceError("TooManyRequestsException", "Rate Exceeded.", 429, {
        Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      });
      const response = await invoke("validator");
      delete lambdaAnswer.error;
      expect(response.status).to.equal(429);
      expect(response.headers.get("x-amzn-errortype")).to.equal("TooManyRequestsException");
      expect(await response.json()).to.include({
        Message: "Rate Exceeded.",
        Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
      });
      const other = await fetch(`${url}/2015-03-31/nothing`, { headers: authorization("lambda") });
      expect(other.status).to.equal(404);
    });
  });
});

describe("the endpoint's port", () => {
  it("is the one that was asked for; a taken one is named", async () => {
    const first = await startEndpoint(new Cloud());
    const error = await refusal(startEndpoint(new Cloud(), { port: first.port }));
    expect(error.message).to.equal(
      `Port ${first.port} on 127.0.0.1 is taken; choose another with --port N, or 0 for any free one`,
    );
    await first.close();
    const second = await startEndpoint(new Cloud(), { port: first.port });
    expect(second.port).to.equal(first.port);
    await second.close();
  });

  it("must be a port", async () => {
    const error = await refusal(startEndpoint(new Cloud(), { port: 70_000 }));
    expect(error.message).to.equal("port is 70000; allowed is an integer from 0 (any free port) to 65535");
  });

  it("is free again at once after closing, although clients keep connections", async () => {
    const { endpoint, cloud } = await serve([createSqs]);
    const sqs = new SQSClient(clientSettings(endpoint));
    await sqs.send(new ListQueuesCommand({}));
    const start = performance.now();
    await endpoint.close();
    expect(performance.now() - start).to.be.lessThan(500);
    const next = await startEndpoint(new Cloud(), { port: endpoint.port });
    await next.close();
    sqs.destroy();
    await cloud.close();
  });

  it("is given up within two seconds although a long poll is under way", async () => {
    const { endpoint, cloud } = await serve([createSqs]);
    const sqs = new SQSClient(clientSettings(endpoint));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "polled" }));
    const poll = refusal(sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })));
    await new Promise((done) => setTimeout(done, 50));
    const start = performance.now();
    await endpoint.close();
    expect(performance.now() - start).to.be.lessThan(2000);
    expect((await poll).message).to.match(/hang up|ECONNRESET|aborted/);
    sqs.destroy();
    await cloud.close();
  });
});
