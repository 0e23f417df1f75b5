"""What boto3's clients do against a running local cloud. `clients.py NAME` runs the function test_NAME."""

import gzip
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

TABLE = "trades-dev"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:trade-processing-dev"
SERVICES = "cloudwatch dynamodb dynamodbstreams ecr events iam kms lambda logs sns sqs ssm stepfunctions sts".split()


def client(name, **settings):
    return boto3.client(name, config=Config(retries={"total_max_attempts": 1}, **settings))


def refused(call, **arguments):
    """The error that a call is refused with."""
    try:
        call(**arguments)
    except ClientError as error:
        return error
    raise AssertionError("it was not refused")


def equal(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def make_table(dynamodb, name):
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def test_waiters_see_a_table_come_and_go():
    dynamodb = client("dynamodb")
    make_table(dynamodb, "waited")
    dynamodb.get_waiter("table_exists").wait(TableName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    equal(dynamodb.describe_table(TableName="waited")["Table"]["TableStatus"], "ACTIVE")
    dynamodb.delete_table(TableName="waited")
    dynamodb.get_waiter("table_not_exists").wait(TableName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    try:
        dynamodb.get_waiter("table_exists").wait(TableName="waited", WaiterConfig={"Delay": 0, "MaxAttempts": 2})
        raise AssertionError("there is such a table")
    except WaiterError as error:
        assert "Max attempts exceeded" in str(error), error


def test_a_failed_condition_is_an_exception_by_name_and_carries_the_item():
    dynamodb = client("dynamodb")
    make_table(dynamodb, "conditions")
    item = {"id": {"S": "1"}, "amount": {"N": "10.5"}}
    dynamodb.put_item(TableName="conditions", Item=item)
    try:
        dynamodb.put_item(
            TableName="conditions",
            Item=item,
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        raise AssertionError("it was written")
    except dynamodb.exceptions.ConditionalCheckFailedException as error:
        equal(error.response["Item"], item)
        equal(error.response["Error"]["Message"], "The conditional request failed")
    dynamodb.delete_table(TableName="conditions")


def test_what_is_missing_is_an_exception_by_the_name_of_each_service():
    dynamodb, sqs, ssm, logs, events = map(client, ["dynamodb", "sqs", "ssm", "logs", "events"])
    states, lambda_, ecr, kms, iam, sns = map(client, ["stepfunctions", "lambda", "ecr", "kms", "iam", "sns"])
    url = sqs.list_queues()["QueueUrls"][0].rsplit("/", 1)[0] + "/nowhere"
    topic = "arn:aws:sns:us-east-1:000000000000:nowhere"
    machine = MACHINE.replace("trade-processing", "nowhere")
    cases = [
        (dynamodb, "ResourceNotFoundException", dynamodb.describe_table, {"TableName": "nowhere"}),
        (sqs, "QueueDoesNotExist", sqs.receive_message, {"QueueUrl": url}),
        (ssm, "ParameterNotFound", ssm.get_parameter, {"Name": "/nowhere"}),
        (logs, "ResourceNotFoundException", logs.filter_log_events, {"logGroupName": "/nowhere"}),
        (events, "ResourceNotFoundException", events.describe_rule, {"Name": "nowhere"}),
        (states, "StateMachineDoesNotExist", states.describe_state_machine, {"stateMachineArn": machine}),
        (lambda_, "ResourceNotFoundException", lambda_.get_function, {"FunctionName": "nowhere"}),
        (ecr, "RepositoryNotFoundException", ecr.list_images, {"repositoryName": "nowhere"}),
        (kms, "NotFoundException", kms.describe_key, {"KeyId": "alias/nowhere"}),
        (iam, "NoSuchEntityException", iam.get_role, {"RoleName": "nowhere"}),
        (sns, "NotFoundException", sns.get_topic_attributes, {"TopicArn": topic}),
    ]
    for each, name, call, arguments in cases:
        error = refused(call, **arguments)
        assert isinstance(error, getattr(each.exceptions, name)), f"{each.meta.service_model.service_name}: {error!r}"


def test_paginators_go_through_all_pages():
    put = [{"Source": "trading.system1", "DetailType": "Trade Event", "EventBusName": "trading-event-bus-dev"}] * 5
    for index, entry in enumerate(put):
        detail = {"tradeId": f"PAGE-{index}", "amount": "1", "currency": "USD", "sourceSystem": "system1"}
        put[index] = {**entry, "Detail": json.dumps(detail)}
    answer = client("events").put_events(Entries=put)
    equal(answer["FailedEntryCount"], 0)
    dynamodb = client("dynamodb")

    def pages(service, operation, member, size, **arguments):
        paginator = client(service).get_paginator(operation)
        found = list(paginator.paginate(**arguments, PaginationConfig={"PageSize": size}))
        return [page[member] for page in found]

    deadline = time.monotonic() + 20
    names = set()
    while len(names) < 5 and time.monotonic() < deadline:
        items = pages(
            "dynamodb",
            "query",
            "Items",
            2,
            TableName=TABLE,
            IndexName="SourceSystemIndex",
            KeyConditionExpression="sourceSystem = :s",
            ExpressionAttributeValues={":s": {"S": "system1"}},
        )
        names = {item["tradeId"]["S"] for page in items for item in page if item["tradeId"]["S"].startswith("PAGE-")}
    equal(names, {f"PAGE-{index}" for index in range(5)})
    assert len(items) > 2 and all(len(page) <= 2 for page in items), items
    executions = pages("stepfunctions", "list_executions", "executions", 2, stateMachineArn=MACHINE)
    assert len(executions) > 2 and len({each["executionArn"] for page in executions for each in page}) >= 9
    group = "/aws/lambda/trade-validator-dev"
    lines = pages("logs", "filter_log_events", "events", 3, logGroupName=group)
    assert len(lines) > 2 and len({line["eventId"] for page in lines for line in page}) > 6
    parameters = pages("ssm", "get_parameters_by_path", "Parameters", 1, Path="/trade-processing/dev")
    equal([page[0]["Name"].rsplit("/", 1)[1] for page in parameters if page],
          ["api-endpoint", "failover", "max-retries", "processing-threshold"])
    described = pages("ssm", "describe_parameters", "Parameters", 2)
    equal([len(page) for page in described], [2, 2])
    alarms = pages("cloudwatch", "describe_alarms", "MetricAlarms", 2)
    assert len(alarms) > 1 and "validator-dlq-alarm-dev" in {each["AlarmName"] for page in alarms for each in page}
    assert dynamodb.get_paginator("scan").paginate(TableName=TABLE).build_full_result()["Items"]


def test_streams_are_read_by_their_own_client():
    streams = client("dynamodbstreams")
    stream = streams.list_streams(TableName=TABLE)["Streams"][0]["StreamArn"]
    shards = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    records = []
    for shard in shards:
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records += streams.get_records(ShardIterator=iterator)["Records"]
    trades = {record["dynamodb"]["Keys"]["tradeId"]["S"] for record in records if record["eventName"] == "INSERT"}
    assert {"OP-1", "OP-2"} <= trades, trades


def test_every_service_answers_its_client_and_names_what_it_does_not_carry_out():
    calls = {
        "cloudwatch": ("list_metrics", "list_dashboards", {}),
        "dynamodb": ("list_tables", "list_backups", {}),
        "ecr": ("describe_repositories", "describe_pull_through_cache_rules", {}),
        "events": ("list_event_buses", "list_connections", {}),
        "iam": ("list_roles", "list_users", {}),
        "kms": ("list_aliases", "list_grants", {"KeyId": "alias/trade-processing-dev"}),
        "lambda": ("list_functions", "list_layers", {}),
        "logs": ("describe_log_groups", "describe_export_tasks", {}),
        "sns": ("list_topics", "list_platform_applications", {}),
        "ssm": ("describe_parameters", "list_commands", {}),
        "stepfunctions": ("list_state_machines", "list_activities", {}),
        "sts": ("get_caller_identity", "get_session_token", {}),
    }
    for name, (carried_out, other, arguments) in calls.items():
        service = client(name)
        equal(getattr(service, carried_out)()["ResponseMetadata"]["HTTPStatusCode"], 200)
        error = refused(getattr(service, other), **arguments)
        equal(error.response["Error"]["Code"], "UnknownOperationException")
        assert "does not carry out" in error.response["Error"]["Message"], (name, error)
    for name in ["s3", "ec2", "kinesis", "cloudformation"]:
        call = {"s3": "list_buckets", "ec2": "describe_instances", "kinesis": "list_streams"}.get(name, "list_stacks")
        error = refused(getattr(client(name), call))
        assert error.response["Error"]["Code"] in ("UnknownServiceException", "UnknownOperationException"), error
    assert "`pulumi stack output`" in str(refused(client("cloudformation").describe_stacks))


def test_large_metric_data_is_compressed_on_the_way_and_read():
    cloudwatch = client("cloudwatch", request_min_compression_size_bytes=128)
    sent = {}
    cloudwatch.meta.events.register("before-send", lambda request, **_: sent.update(request.headers, body=request.body))
    data = [{"MetricName": "Depth", "Dimensions": [{"Name": "N", "Value": str(n)}], "Value": n} for n in range(50)]
    cloudwatch.put_metric_data(Namespace="Operator", MetricData=data)
    equal(sent["Content-Encoding"], b"gzip")
    assert b"Depth" in gzip.decompress(sent["body"])
    equal(len(cloudwatch.list_metrics(Namespace="Operator")["Metrics"]), 50)


def test_a_queue_is_used_by_the_url_that_it_gives_out():
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="by-url")["QueueUrl"]
    equal(url.rsplit("/", 2)[0], sqs.meta.endpoint_url)
    sent = sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": f"body {n}"} for n in range(3)]
    )
    equal(len(sent["Successful"]), 3)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    equal(sorted(message["Body"] for message in received), ["body 0", "body 1", "body 2"])
    entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(received)]
    equal(len(sqs.delete_message_batch(QueueUrl=url, Entries=entries)["Successful"]), 3)
    sqs.delete_queue(QueueUrl=url)


def test_errors_of_functions_reach_their_caller_by_name():
    answer = client("lambda").invoke(FunctionName="trade-validator-dev", Qualifier="live", Payload=b"{}")
    equal(answer["FunctionError"], "Unhandled")
    equal(json.load(answer["Payload"])["errorType"], "InputError")


def test_a_role_is_assumed_and_its_session_is_the_caller():
    credentials = client("sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/operator", RoleSessionName="day"
    )["Credentials"]
    session = boto3.client(
        "sts",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    equal(session.get_caller_identity()["Arn"], "arn:aws:sts::000000000000:assumed-role/operator/day")


if __name__ == "__main__":
    globals()[f"test_{sys.argv[1]}"]()
