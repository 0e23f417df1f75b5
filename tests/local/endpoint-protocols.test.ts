import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { type Json, type Service, ServiceError } from "../../local/cloud/service.ts";
import { createSsm } from "../../local/cloud/ssm/service.ts";
import { serve } from "./endpoint-support.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

const signed = (service: string): Record<string, string> => ({
  authorization:
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/us-east-1/${service}/aws4_request, ` +
    "SignedHeaders=host, Signature=0",
});

describe("the endpoint's protocols", () => {
  let served: Awaited<ReturnType<typeof serve>>;
  let url: string;
  const inputs: Json[] = [];

  before(async () => {
    const service = (name: string, operations: Service["operations"]) => () => ({ name, operations });
    served = await serve([
      createSsm,
      service("sqs", {
        ListQueues: () => ({}),
        SendMessage() {
          throw new ServiceError("KmsDisabled", "disabled");
        },
      }),
      service("ec2", { CreateVpc: () => ({ Vpc: {} }) }),
      service("xray", { GetTraceSummaries: (input) => ({ given: input }) }),
      service("monitoring", {
        PutMetricData(input) {
          inputs.push(input);
        },
      }),
      service("sns", {
        CreateTopic(input) {
          inputs.push(input);
          return { TopicArn: "arn", Attributes: { "a&b": "<1>" }, Tags: [] };
        },
      }),
    ]);
    url = served.endpoint.url;
  });
  after(() => served.close());

  async function ask(service: string, headers: Record<string, string>, body: string | Buffer, path = "/") {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { ...signed(service), ...headers },
      body: typeof body === "string" ? body : new Uint8Array(body),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  it("tells clients of the former query protocol that the service speaks AWS JSON, in XML that they read", async () => {
    const { status, text } = await ask("sqs", FORM, "Action=ListQueues&Version=2012-11-05");
    expect(status).to.equal(400);
    expect(text).to.match(
      /^<ErrorResponse><Error><Type>Sender<\/Type><Code>UnknownOperationException<\/Code><Message>The local cloud does not carry out sqs:ListQueues in the protocol query: it speaks AWS JSON to clients of sqs/,
    );
  });

  // Smithy RPC v2 CBOR protocol: an error is a map with __type; RFC 8949 for its bytes.
  it("answers Smithy's RPC v2 CBOR with an error in CBOR that names the protocol", async () => {
    const headers = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
    const path = "/service/GraniteServiceVersion20100801/operation/ListMetrics";
    const answer = await ask("monitoring", headers, Buffer.of(0xa0), path);
    expect(answer.status).to.equal(400);
    expect(answer.headers.get("smithy-protocol")).to.equal("rpc-v2-cbor");
    expect(answer.headers.get("content-type")).to.equal("application/cbor");
    expect(answer.text.slice(1)).to.match(/__type.*UnknownOperationException.*message/);
    expect(answer.text).to.include("monitoring:ListMetrics in the protocol rpc-v2-cbor");
  });

  it("names services that do not exist here in the shape of their protocol, and where a stack's outputs are", async () => {
    const stacks = await ask("cloudformation", FORM, "Action=DescribeStacks");
    expect(stacks.text)
      .to.match(/^<ErrorResponse><Error><Type>Sender<\/Type><Code>UnknownServiceException/)
      .and.include("There is no CloudFormation stack here")
      .and.include("`pulumi stack output`");
    const buckets = await fetch(url, { headers: signed("s3") });
    expect(await buckets.text()).to.match(
      /^<Error><Code>UnknownServiceException<\/Code><Message>The local cloud has no service &quot;s3&quot;/,
    );
    const rest = await fetch(`${url}/v2/apis`, { headers: signed("apigateway") });
    expect(rest.headers.get("x-amzn-errortype")).to.equal("UnknownServiceException");
    expect(((await rest.json()) as Json).message).to.match(/no service "apigateway"; it has: ssm, sqs/);
  });

  it("does not hand requests that it cannot read to a service that exists", async () => {
    const { text } = await ask("ec2", FORM, "Action=CreateVpc&CidrBlock=10.0.0.0%2F16");
    expect(text).to.match(
      /^<Response><Errors><Error><Code>UnknownOperationException<\/Code><Message>The local cloud does not carry out ec2:CreateVpc over the wire<\/Message>/,
    );
  });

  it("reads REST JSON by its path", async () => {
    const answer = await ask("xray", {}, '{"StartTime":1}', "/TraceSummaries");
    expect(JSON.parse(answer.text)).to.deep.equal({ given: { StartTime: 1 } });
    const other = await ask("xray", {}, "{}", "/Groups");
    expect(other.status).to.equal(404);
    expect(other.headers.get("x-amzn-errortype")).to.equal("UnknownOperationException");
    expect(JSON.parse(other.text).message).to.match(/does not carry out xray POST \/Groups; of xray/);
  });

  // Amazon SNS API Reference, CreateTopic: Attributes.entry.N.key, Tags.member.N.
  it("reads and writes maps of the query protocol", async () => {
    const form =
      "Action=CreateTopic&Name=t&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=Trades" +
      "&Attributes.entry.2.key=KmsMasterKeyId&Attributes.entry.2.value=k&Tags.member.1.Key=a&Tags.member.1.Value=b";
    const { text } = await ask("sns", FORM, form);
    expect(inputs.pop()).to.deep.equal({
      Name: "t",
      Attributes: { DisplayName: "Trades", KmsMasterKeyId: "k" },
      Tags: [{ Key: "a", Value: "b" }],
    });
    expect(text).to.include(
      "<TopicArn>arn</TopicArn><Attributes><entry><key>a&amp;b</key><value>&lt;1&gt;</value></entry></Attributes><Tags></Tags>",
    );
  });

  it("refuses a form field of endless parts at once", async () => {
    const start = performance.now();
    const { status, text } = await ask("sns", FORM, `Action=CreateTopic&${"a.".repeat(1_000_000)}b=1`);
    expect(status).to.equal(400);
    expect(text).to.include("<Code>MalformedQueryString</Code>").and.include("has more than 16 parts");
    expect(performance.now() - start).to.be.below(1_000);
  });

  // Amazon SQS API Reference, SendMessage, "Errors"; Smithy 2.0, "AWS awsQueryCompatible trait".
  it("names SQS's errors of keys as both protocols of its clients do", async () => {
    const headers = { "x-amz-target": "AmazonSQS.SendMessage", "x-amzn-query-mode": "true" };
    const answer = await ask("sqs", headers, "{}");
    expect(JSON.parse(answer.text).__type).to.equal("com.amazonaws.sqs#KmsDisabled");
    expect(answer.headers.get("x-amzn-query-error")).to.equal("KMS.DisabledException;Sender");
  });

  for (const name of ["constructor", "__proto__", "kinesis"])
    it(`has no service "${name}"`, async () => {
      const { status, text } = await ask(name, { "x-amz-target": "Kinesis_20131202.ListStreams" }, "{}");
      expect(status).to.equal(400);
      expect(JSON.parse(text).__type).to.equal("UnknownServiceException");
    });

  it("refuses a path that is not URL-encoded", async () => {
    const { status, text } = await ask("lambda", {}, "{}", "/2015-03-31/functions/%zz/invocations");
    expect(status).to.equal(400);
    expect(JSON.parse(text).Message).to.equal('"%zz" in the request\'s path is not URL-encoded');
  });

  // AWS SDKs and Tools Reference Guide, "Request compression".
  it("unpacks a compressed body, and refuses one that is too large unpacked, broken or packed otherwise", async () => {
    const headers = {
      "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
      "content-encoding": "gzip",
    };
    const sent = await ask("monitoring", headers, gzipSync('{"Namespace":"Trades"}'));
    expect(sent.status).to.equal(200);
    expect(inputs.pop()).to.deep.equal({ Namespace: "Trades" });
    const bomb = await ask("monitoring", headers, gzipSync(Buffer.alloc(8 * 1024 * 1024, 32)));
    expect(bomb.status).to.equal(413);
    expect(JSON.parse(bomb.text).message).to.match(/must be smaller than .*; unpacked it has more/);
    const broken = await ask("monitoring", headers, "{}");
    expect(JSON.parse(broken.text).message).to.equal("The request's body is not gzip");
    const other = await ask("monitoring", { ...headers, "content-encoding": "br" }, "{}");
    expect(other.status).to.equal(415);
    expect(JSON.parse(other.text).message).to.equal(
      'Content-Encoding is "br"; the local cloud reads gzip and identity',
    );
  });

  it("answers no host but this machine's, so that no name of a web page can lead here", async () => {
    const status = async (host: string, path = "/") => {
      const asked = request(url, { path, headers: { host } }).end();
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode === 403 && answer.headers["content-type"] === "text/plain"
        ? "refused"
        : "answered";
    };
    for (const host of ["example.com", "127.0.0.1.example.com:80", "localhost.example.com", "0.0.0.0"])
      expect(await status(host), host).to.equal("refused");
    for (const host of ["127.0.0.1", "localhost:4566", "sqs.us-east-1.localhost", "[::1]:4566"])
      expect(await status(host), host).to.equal("answered");
  });

  it("answers several requests on one connection, and lets a client that expects it continue", async () => {
    const body = '{"Name":"/none"}';
    const head = (expected: string) =>
      `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${signed("ssm").authorization}\r\n` +
      `X-Amz-Target: AmazonSSM.GetParameter\r\nContent-Length: ${body.length}\r\n${expected}\r\n`;
    const socket = connect(served.endpoint.port, "127.0.0.1");
    await once(socket, "connect");
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    const saw = async (text: RegExp) => {
      while (!text.test(received)) await once(socket, "data", { signal: AbortSignal.timeout(2_000) });
      received = "";
    };
    socket.write(`${head("")}${body}`);
    await saw(/ParameterNotFound/);
    socket.write(head("Expect: 100-continue\r\n"));
    await saw(/^HTTP\/1.1 100 Continue\r\n/);
    socket.write(body);
    await saw(/ParameterNotFound/);
    socket.destroy();
  });
});
