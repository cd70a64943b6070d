"""Expands deploy/template.yaml as SAM does and finds errors that CloudFormation would report.

For each mode: resources that refer to each other in a cycle, and references to missing resources.
cfn-lint does not see cycles through resources that SAM adds, such as a bucket's notifications.

    python test/template.py deploy/template.yaml
"""

import logging
import os
import re
import sys

logging.disable(logging.WARNING)
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/a:b"
PARAMETERS = [
    {"CaptionMode": "local"},
    {"CaptionMode": "endpoint", "ImageUri": IMAGE},
    {"CaptionMode": "job", "JobImageUri": IMAGE},
    {
        "CaptionMode": "local",
        "SourceUrl": "https://example.org/a.git",
        "OpenAiSecretArn": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:openai-AbCdEf",
        "PageOrigin": "https://captions.example.org",
        "AlarmEmail": "a@example.org",
        "StageConcurrency": "0",
    },
]


def expanded(path, parameters):
    """The template that CloudFormation gets, and the values of all parameters."""
    with open(path) as file:
        template = yaml_parse(file.read())
    values = {name: one.get("Default") for name, one in template["Parameters"].items()} | parameters
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    translator = Translator(managed_policy_map={}, sam_parser=Parser())
    return translator.translate(sam_template=template, parameter_values=dict(values)), values


def holds(condition, conditions, values):
    """Whether a condition is true."""
    [(kind, of)] = condition.items()
    inner = lambda one: holds(one, conditions, values)
    value = lambda one: str(values[one["Ref"]] if isinstance(one, dict) else one)
    match kind:
        case "Condition":
            return inner(conditions[of])
        case "Fn::Equals":
            return value(of[0]) == value(of[1])
        case "Fn::Not":
            return not inner(of[0])
        case "Fn::Or":
            return any(inner(one) for one in of)
        case "Fn::And":
            return all(inner(one) for one in of)
    raise ValueError(f"unknown condition: {kind}")


def needs(node, is_met):
    """The names of the resources and parameters that a part of a template refers to."""
    if isinstance(node, list):
        for one in node:
            yield from needs(one, is_met)
    if not isinstance(node, dict):
        return
    for key, of in node.items():
        if key == "Ref":
            yield of
        elif key == "Fn::GetAtt":
            yield of[0] if isinstance(of, list) else of.split(".")[0]
        elif key == "Fn::Sub":
            text, given = of if isinstance(of, list) else (of, {})
            yield from needs(given, is_met)
            names = re.findall(r"\$\{([^!}.]+)[^}]*\}", text)
            yield from (name for name in names if name not in given)
        elif key == "Fn::If":
            name, then, other = of
            yield from needs(then if is_met({"Condition": name}) else other, is_met)
        elif key == "DependsOn":
            yield from [of] if isinstance(of, str) else of
        else:
            yield from needs(of, is_met)


def cycle(graph):
    """Resources that refer to each other in a cycle, or None."""
    done = set()

    def visit(name, path):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        for other in sorted(graph[name]):
            if found := visit(other, [*path, name]):
                return found
        done.add(name)
        return None

    return next((found for name in sorted(graph) if (found := visit(name, []))), None)


def check(path, parameters):
    template, values = expanded(path, parameters)
    is_met = lambda condition: holds(condition, template.get("Conditions", {}), values)
    resources = {
        name: one
        for name, one in template["Resources"].items()
        if "Condition" not in one or is_met({"Condition": one["Condition"]})
    }
    graph = {}
    for name, one in resources.items():
        named = set(needs({key: one[key] for key in one if key != "Condition"}, is_met))
        named -= {name} | set(template["Parameters"])
        graph[name] = {other for other in named if not other.startswith("AWS::")}
        if absent := graph[name] - set(resources):
            sys.exit(f"{path}: {parameters}: {name} refers to {absent}, which does not exist")
    if found := cycle(graph):
        sys.exit(f"{path}: {parameters}: a cycle: {' -> '.join(found)}")
    return len(graph)


if __name__ == "__main__":
    for parameters in PARAMETERS:
        print(f"{check(sys.argv[1], parameters)} resources, no cycle: {parameters}")
