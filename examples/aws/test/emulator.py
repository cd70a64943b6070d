"""Creates the stack in moto's emulation of AWS and checks it against the pipeline.

The template is expanded by SAM and given to CloudFormation. Then buckets, events, queues, functions
and SageMaker's resources are read back through their own APIs and compared with what the pipeline
needs, and every call that its parts have made (recorded by run-local's tests) is evaluated against
the policies of the role that made it: no call without a permission, no permission without a call.

    MUSICAP_RECORD_CALLS=calls.jsonl cargo test --release -p run-local
    python test/emulator.py deploy/template.yaml calls.jsonl
"""

import ast
import io
import json
import os
import sys
import urllib.request
import warnings
import zipfile

REGION = "eu-central-1"
ACCOUNT = "000000000000"
os.environ |= {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    # The account and region of the recorded calls.
    "MOTO_ACCOUNT_ID": ACCOUNT,
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "NO_PROXY": "127.0.0.1",
}

import boto3
from botocore.config import Config
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.server import ThreadedMotoServer

from template import expanded, holds

# moto warns of each type in NOT_CREATED.
warnings.filterwarnings("ignore", message=".*CloudFormation implementation")

STACK = "musicap"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/musicap/sagemaker@sha256:{'0' * 64}"
ORIGIN = "https://captions.example.org"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:openai-AbCdEf"
COMMON = {"PageOrigin": ORIGIN, "AlarmEmail": "a@example.org", "OpenAiSecretArn": SECRET}
MODES = {
    "local": COMMON,
    # moto's list of instance types ends before ml.c6i.
    "endpoint": COMMON | {"ImageUri": IMAGE, "EndpointInstance": "ml.c5.xlarge"},
    "job": COMMON | {"JobImageUri": IMAGE},
}
FUNCTIONS = ["ingest", "caption", "summarize", "dead-letter-handler"]
# Bucket, prefix, suffix, function: which objects start which stage.
TRIGGERS = {
    ("uploads", "incoming/", None, "ingest"),
    ("features", "features/", ".npy", "caption"),
    ("results", "captions/", ".json", "summarize"),
}
# The logical names of roles, by the names in the record. SAM makes those of functions.
ROLES = {
    "ingest": "IngestRole",
    "caption": "CaptionRole",
    "summarize": "SummarizeRole",
    "dead-letter-handler": "DeadLetterHandlerRole",
    "sagemaker": "SageMakerRole",
    "web": "WebRole",
}
# AWS's own policies: logs, polling the queue, what Elastic Beanstalk's agent does.
MANAGED = {
    **{name: {"AWSLambdaBasicExecutionRole"} for name in FUNCTIONS},
    "dead-letter-handler": {"AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole"},
    "sagemaker": set(),
    "web": {"AWSElasticBeanstalkWebTier"},
}
# Calls that AWS makes in a role's name and that nothing on one machine makes: pulling the
# container's image and writing its logs.
BY_AWS = [
    ("sagemaker", "ecr:GetAuthorizationToken", "*"),
    *(
        (
            "sagemaker",
            f"ecr:{action}",
            f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{STACK}/sagemaker",
        )
        for action in ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"]
    ),
    *(
        (
            "sagemaker",
            f"logs:{action}",
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/ProcessingJobs:log-stream:a",
        )
        for action in ["CreateLogGroup", "CreateLogStream", "PutLogEvents"]
    ),
]
# Calls that must not be allowed: the evaluation itself is tested by them.
FORBIDDEN = [
    ("ingest", "s3:PutObject", "arn:aws:s3:::{uploads}/incoming/a.mp3"),
    ("ingest", "s3:GetObject", "arn:aws:s3:::{results}/captions/a.json"),
    ("caption", "s3:PutObject", "arn:aws:s3:::{results}/summaries/a.json"),
    ("caption", "s3:GetObject", "arn:aws:s3:::{uploads}/incoming/a.mp3"),
    ("summarize", "s3:DeleteObject", "arn:aws:s3:::{results}/summaries/a.json"),
    ("summarize", "secretsmanager:GetSecretValue", SECRET + "x"),
    ("dead-letter-handler", "s3:GetObject", "arn:aws:s3:::{results}/captions/a.json"),
    ("web", "s3:GetObject", "arn:aws:s3:::{results}/dead-letters/a.json"),
    ("web", "s3:PutObject", "arn:aws:s3:::{results}/captions/a.json"),
    ("web", "s3:DeleteObject", "arn:aws:s3:::{uploads}/incoming/a.mp3"),
]
# What moto's CloudFormation does not create; `Stack.complete` creates it through the services' own
# APIs, which check it. Everything else has to be there.
NOT_CREATED = {
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
}

failures = []


def check(condition, message):
    if not condition:
        failures.append(message)


class Stack:
    """The stack in one mode."""

    def __init__(self, url, path, mode):
        self.mode = mode
        self.client = lambda name: boto3.client(
            name,
            endpoint_url=url,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )
        self.template, self.values = expanded(path, {"CaptionMode": mode} | MODES[mode])
        self.is_met = lambda name: holds(
            {"Condition": name}, self.template.get("Conditions", {}), self.values
        )
        self.upload_code()
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(self.template),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": str(value)}
                for name, value in self.values.items()
            ],
            Capabilities=["CAPABILITY_IAM"],
        )
        [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        check(stack["StackStatus"] == "CREATE_COMPLETE", f"the stack is {stack['StackStatus']}")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        self.resources = {
            one["LogicalResourceId"]: one.get("PhysicalResourceId")
            for page in pages
            for one in page["StackResourceSummaries"]
        }
        self.buckets = {
            name: f"{STACK}-{name}-{ACCOUNT}" for name in ["uploads", "features", "results"]
        }
        self.complete()

    def properties(self):
        """Name, type and properties of the resources, with all references resolved by moto."""
        [stack] = cloudformation_backends[ACCOUNT][REGION].stacks.values()
        for name, one in self.template["Resources"].items():
            if "Condition" not in one or self.is_met(one["Condition"]):
                yield name, one["Type"], clean_json(one.get("Properties", {}), stack.resource_map)

    def complete(self):
        """Creates what moto's CloudFormation leaves out."""
        s3, sqs, functions = self.client("s3"), self.client("sqs"), self.client("lambda")
        for name, kind, one in self.properties():
            if kind == "AWS::IAM::Role":
                for policy in one.get("ManagedPolicyArns", []):
                    self.client("iam").attach_role_policy(
                        RoleName=self.resources[name], PolicyArn=policy
                    )
            elif kind == "AWS::S3::Bucket":
                self.complete_bucket(s3, one)
            elif kind == "AWS::S3::BucketPolicy":
                s3.put_bucket_policy(Bucket=one["Bucket"], Policy=json.dumps(one["PolicyDocument"]))
            elif kind == "AWS::SQS::QueuePolicy":
                policy = json.dumps(one["PolicyDocument"])
                for queue in one["Queues"]:
                    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
            elif kind == "AWS::CloudWatch::Alarm":
                self.client("cloudwatch").put_metric_alarm(AlarmName=one["AlarmDescription"], **one)
            elif kind == "AWS::Lambda::EventInvokeConfig":
                functions.put_function_event_invoke_config(**one)
            elif kind == "AWS::Budgets::Budget":
                one["Budget"]["BudgetLimit"]["Amount"] = str(one["Budget"]["BudgetLimit"]["Amount"])
                self.client("budgets").create_budget(AccountId=ACCOUNT, **one)
            elif kind == "AWS::Lambda::Function" and "ReservedConcurrentExecutions" in one:
                functions.put_function_concurrency(
                    FunctionName=one["FunctionName"],
                    ReservedConcurrentExecutions=int(one["ReservedConcurrentExecutions"]),
                )

    def complete_bucket(self, s3, one):
        bucket = one["BucketName"]
        s3.put_public_access_block(
            Bucket=bucket, PublicAccessBlockConfiguration=one["PublicAccessBlockConfiguration"]
        )
        rules = [
            {
                "ID": rule["Id"],
                "Status": rule["Status"],
                "Filter": {"Prefix": ""},
                "Expiration": {"Days": int(rule["ExpirationInDays"])},
            }
            for rule in one["LifecycleConfiguration"]["Rules"]
        ]
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )
        if "CorsConfiguration" in one:
            rules = [
                {("ExposeHeaders" if key == "ExposedHeaders" else key): rule[key] for key in rule}
                for rule in one["CorsConfiguration"]["CorsRules"]
            ]
            s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
        events = one.get("NotificationConfiguration", {}).get("LambdaConfigurations", [])
        configurations = [
            {
                "LambdaFunctionArn": event["Function"],
                "Events": [event["Event"]],
                "Filter": {"Key": {"FilterRules": event["Filter"]["S3Key"]["Rules"]}},
            }
            for event in events
        ]
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={"LambdaFunctionConfigurations": configurations},
        )

    def upload_code(self):
        """A zip for the functions: SAM's `CodeUri` after `sam package`."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as code:
            code.writestr("bootstrap", "")
        s3 = self.client("s3")
        s3.create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        s3.put_object(Bucket="bucket", Key="code.zip", Body=file.getvalue())

    def check_resources(self):
        for name, one in self.template["Resources"].items():
            wanted = "Condition" not in one or self.is_met(one["Condition"])
            if one["Type"] in NOT_CREATED:
                continue
            there = self.resources.get(name) is not None
            check(there == wanted, f"{name} ({one['Type']}): created: {there}, wanted: {wanted}")

    def check_buckets(self):
        s3 = self.client("s3")
        triggers = set()
        for name, bucket in self.buckets.items():
            access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
            check(all(access.values()) and len(access) == 4, f"{bucket} may be public: {access}")
            rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
            days = [rule["Expiration"]["Days"] for rule in rules if rule["Status"] == "Enabled"]
            expected = {"uploads": 30, "features": 7, "results": 365}[name]
            check(days == [expected], f"{bucket} expires after {days} days")
            policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
            denied = IAMPolicy(json.dumps(policy)).is_action_permitted(
                "s3:GetObject",
                f"arn:aws:s3:::{bucket}/a",
                incoming_condition_values={"aws:SecureTransport": "false"},
            )
            check(denied == PermissionResult.DENIED, f"{bucket} can be read without TLS")
            events = s3.get_bucket_notification_configuration(Bucket=bucket)
            for one in events.get("LambdaFunctionConfigurations", []):
                check(one["Events"] == ["s3:ObjectCreated:*"], f"{bucket}: {one['Events']}")
                rules = one["Filter"]["Key"]["FilterRules"]
                rules = {rule["Name"].lower(): rule["Value"] for rule in rules}
                function = one["LambdaFunctionArn"].rsplit(":", 1)[1].removeprefix(f"{STACK}-")
                triggers.add((name, rules.get("prefix"), rules.get("suffix"), function))
        check(triggers == TRIGGERS, f"events invoke {triggers}")
        [rule] = s3.get_bucket_cors(Bucket=self.buckets["uploads"])["CORSRules"]
        check(rule["AllowedOrigins"] == [ORIGIN], f"CORS: {rule}")
        # What web's tickets ask the browser to send.
        sent = {"cache-control", "content-disposition", "content-encoding", "content-language",
                "content-type", "expires", "if-none-match"}
        check(set(rule["AllowedHeaders"]) == sent, f"CORS: {rule}")

    def check_functions(self):
        functions = self.client("lambda")
        for name in FUNCTIONS:
            function = functions.get_function(FunctionName=f"{STACK}-{name}")
            settings = function["Configuration"]["Environment"]["Variables"]
            for variable, bucket in {
                "FEATURES_BUCKET": "features", "RESULTS_BUCKET": "results",
                "FAILURES_BUCKET": "results",
            }.items():
                check(settings.get(variable) == self.buckets[bucket], f"{name}: {variable}")
            prefixes = {function: prefix for _, prefix, _, function in TRIGGERS}
            check(settings.get("INPUT_PREFIX") == prefixes.get(name), f"{name}: INPUT_PREFIX")
            check("OPENAI_API_KEY" not in settings, f"{name} has a key in its environment")
            reserved = function.get("Concurrency", {}).get("ReservedConcurrentExecutions")
            expected = {"dead-letter-handler": None}.get(name, 10)
            if (name, self.mode) == ("caption", "endpoint"):
                expected = 18
            check(reserved == expected, f"{name}: {reserved} at a time, not {expected}")
        sources = functions.list_event_source_mappings()["EventSourceMappings"]
        sources = [(one["EventSourceArn"], one["FunctionArn"].rsplit(":", 1)[1]) for one in sources]
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-dead-letters"
        check(sources == [(queue, f"{STACK}-dead-letter-handler")], f"queues: {sources}")
        for name in ["ingest", "caption", "summarize"]:
            config = functions.get_function_event_invoke_config(FunctionName=f"{STACK}-{name}")
            check(config["MaximumRetryAttempts"] == 2, f"{name}: {config}")
            failed = config["DestinationConfig"]["OnFailure"]["Destination"]
            check(failed == queue, f"{name}: dead letters go to {failed}")

    def check_queues(self):
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{STACK}-dead-letters")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(attributes["RedrivePolicy"])
        check(int(redrive["maxReceiveCount"]) == 5, f"redrive: {redrive}")
        timeout = self.client("lambda").get_function_configuration(
            FunctionName=f"{STACK}-dead-letter-handler"
        )["Timeout"]
        visible = int(attributes["VisibilityTimeout"])
        check(visible >= 6 * timeout, f"messages come back after {visible} s")
        check("aws:SecureTransport" in attributes["Policy"], "the queue can be used without TLS")
        alarms = self.client("cloudwatch").describe_alarms()["MetricAlarms"]
        check(len(alarms) == 2 and all(one["AlarmActions"] for one in alarms), f"alarms: {alarms}")

    def check_events(self):
        events = self.client("events")
        [rule] = events.list_rules()["Rules"]
        pattern = json.loads(rule["EventPattern"])
        check(pattern["source"] == ["aws.sagemaker"], f"rule: {pattern}")
        statuses = pattern["detail"]["ProcessingJobStatus"]
        check(statuses == ["Failed", "Stopped"], f"rule: {pattern}")
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        targets = [target["Arn"].rsplit(":", 1)[1] for target in targets]
        check(targets == [f"{STACK}-dead-letter-handler"], f"rule: {targets}")

    def check_sagemaker(self):
        sagemaker = self.client("sagemaker")
        endpoints = sagemaker.list_endpoints()["Endpoints"]
        if self.mode != "endpoint":
            check(endpoints == [], f"an endpoint costs money in the mode {self.mode}")
            return
        [endpoint] = endpoints
        name = self.client("lambda").get_function(FunctionName=f"{STACK}-caption")
        name = name["Configuration"]["Environment"]["Variables"]["ENDPOINT_NAME"]
        check(name == endpoint["EndpointName"], f"caption calls the endpoint {name}")
        config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        [variant] = sagemaker.describe_endpoint_config(EndpointConfigName=config)[
            "ProductionVariants"
        ]
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        check(model["PrimaryContainer"]["Image"] == IMAGE, f"model: {model}")

    def policies(self, role):
        """The statements of a role's own policies, and the names of AWS's policies that it has."""
        iam, name = self.client("iam"), self.resources[ROLES[role]]
        inline = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        managed = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        # moto keeps documents from CloudFormation as Python's text for them.
        inline = [ast.literal_eval(one) if isinstance(one, str) else one for one in inline]
        statements = [statement for policy in inline for statement in policy["Statement"]]
        # moto leaves None in lists in place of AWS::NoValue.
        statements = [statement for statement in statements if statement]
        return statements, {policy["PolicyName"] for policy in managed}

    def resource(self, recorded):
        """The stack's name for a resource of run-local's."""
        for name, bucket in self.buckets.items():
            local = f"arn:aws:s3:::{STACK}-{name}"
            if recorded == local or recorded.startswith(f"{local}/"):
                return recorded.replace(local, f"arn:aws:s3:::{bucket}", 1)
        if recorded.endswith(":endpoint/musicap"):
            return self.resources["Endpoint"]
        if recorded.endswith(":role/sagemaker"):
            name = self.resources["SageMakerRole"]
            return self.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        return recorded

    def check_permissions(self, calls):
        calls = [(role, action, self.resource(resource)) for role, action, resource in calls]
        roles = [role for role, name in ROLES.items() if name in self.resources]
        calls += [call for call in BY_AWS if call[0] in roles]
        for role in roles:
            statements, managed = self.policies(role)
            check(managed == MANAGED[role], f"{role} has AWS's policies {managed}")
            own = [call for call in calls if call[0] == role]
            for _, action, resource in own:
                check(allows(statements, action, resource), f"{role} may not {action} {resource}")
            for statement in statements:
                check(statement["Effect"] == "Allow", f"{role}: {statement}")
                for action in as_list(statement["Action"]):
                    for resource in as_list(statement["Resource"]):
                        single = [statement | {"Action": action, "Resource": resource}]
                        used = any(allows(single, action, target) for _, action, target in own)
                        check(used, f"{role} never calls {action} on {resource}")
            for other, action, resource in FORBIDDEN:
                resource = resource.format(**self.buckets)
                if other == role:
                    check(
                        not allows(statements, action, resource), f"{role} may {action} {resource}"
                    )
        unknown = {role for role, *_ in calls} - set(roles)
        check(not unknown, f"calls by roles that do not exist: {unknown}")

    def check_trust(self):
        """Only the right service can assume a role, and where it says for whom, only for us."""
        iam = self.client("iam")
        for role, name in ROLES.items():
            if name not in self.resources:
                continue
            document = iam.get_role(RoleName=self.resources[name])["Role"]
            [statement] = document["AssumeRolePolicyDocument"]["Statement"]
            service = {"sagemaker": "sagemaker", "web": "ec2"}.get(role, "lambda")
            principal = as_list(statement["Principal"]["Service"])
            check(principal == [f"{service}.amazonaws.com"], f"{role}: {statement}")
            if role == "sagemaker":
                account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                check(account == ACCOUNT, f"{role}: {statement}")


def as_list(one):
    return one if isinstance(one, list) else [one]


def allows(statements, action, resource):
    """Whether moto's evaluation of the policy permits a call."""
    policy = IAMPolicy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    result = policy.is_action_permitted(action, resource, incoming_condition_values=context)
    return result == PermissionResult.PERMITTED


def depends_on_mode(role, action, resource):
    """Whether a call is made in some modes only: those that compute captions."""
    if role == "sagemaker" or action.startswith(("sagemaker:", "iam:")):
        return True
    return role == "caption" and action == "s3:PutObject" and "/captions/" in resource


def recorded(path):
    """The calls of each mode."""
    calls = {mode: set() for mode in MODES}
    with open(path) as file:
        for line in file:
            call = json.loads(line)
            calls[call["mode"]].add((call["role"], call["action"], call["resource"]))
    # Failures are tried in one mode only.
    shared = {call for one in calls.values() for call in one if not depends_on_mode(*call)}
    for mode in calls:
        calls[mode] = {call for call in calls[mode] | shared if call[0] != "operator"}
    return {mode: sorted(one) for mode, one in calls.items()}


def main(path, calls):
    calls = recorded(calls)
    for mode in MODES:
        # A new server for each mode, without the state of the previous one.
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            reset(host, port)
            stack = Stack(f"http://{host}:{port}", path, mode)
            stack.check_resources()
            stack.check_buckets()
            stack.check_functions()
            stack.check_queues()
            stack.check_events()
            stack.check_sagemaker()
            stack.check_trust()
            stack.check_permissions(calls[mode])
        finally:
            server.stop()
        print(f"{mode}: {len(stack.resources)} resources, {len(calls[mode])} calls")
        if failures:
            sys.exit("\n".join([f"{path}: {mode}:", *failures]))


def reset(host, port):
    """Empties moto's state, which all servers of a process share."""
    request = urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    with urllib.request.urlopen(request, timeout=30) as reply:
        check(reply.status == 200, "moto cannot be reset")


if __name__ == "__main__":
    main(*sys.argv[1:])
