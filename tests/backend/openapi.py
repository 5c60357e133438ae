"""Holds what consentd was asked and answered (lines of JSON, kept by tests/backend/peer.c) against docs/openapi.yaml: every exchange must
be one that the description allows, and every operation must have been seen to succeed. Usage: openapi.py OPENAPI EXCHANGES..."""
import json
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skip: {missing}; install python3-yaml and python3-jsonschema")
    sys.exit(77)

METHODS = ("get", "post", "put", "delete")


def resolve(api, node):
    while isinstance(node, dict) and "$ref" in node:
        target = api
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def operations(api):
    """(method, pattern, operation) of each."""
    for path, item in api["paths"].items():
        pattern = re.compile("^" + re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)) + "$")
        for method in METHODS:
            if method in item:
                yield method, path, pattern, item[method]


def find(api, method, path):
    bare = path.split("?")[0]
    found = [(len(name), name, op) for m, name, pattern, op in operations(api) if m == method and pattern.match(bare)]
    literal = [one for one in found if "{" not in one[1]]
    return (literal or found or [(0, None, None)])[0][1:]


def fits(api, schema, value):
    """None, or why it does not fit."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": api["components"]}
    validator = jsonschema.Draft202012Validator({**whole, "allOf": [schema]})
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return error and f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300]


def check_content(api, content, kind, text):
    media = content.get(kind.split(";")[0].strip())
    if media is None:
        return f"type {kind!r} is not one of {sorted(content)}"
    schema = media["schema"]
    if kind.startswith("application/json"):
        try:
            return fits(api, schema, json.loads(text))
        except ValueError as error:
            return f"no JSON: {error}"
    return None if schema.get("format") == "binary" else fits(api, schema, text)


def check(api, said):
    """Why one exchange is wrong; None: it is as described. Asked for something that is not described, only 404 and 405 are right."""
    name, operation = find(api, said["method"].lower(), said["path"])
    if operation is None:
        if said["status"] not in (404, 405, 429):
            return "an answer where nothing is described"
        return fits(api, {"$ref": "#/components/schemas/Error"}, json.loads(said["body"]))
    response = operation["responses"].get(str(said["status"]))
    if response is None:
        return f"status {said['status']} is not described for {name}: {said['body'][:200]}"
    response = resolve(api, response)
    for header, rule in response.get("headers", {}).items():
        if header == "Retry-After" and rule.get("required") and not said["retry_after"]:
            return "no Retry-After"
    if "content" in response:
        wrong = check_content(api, response["content"], said["type"], said["body"])
        if wrong:
            return wrong
    if said["status"] == 200 and "requestBody" in operation and said["request"]:
        wrong = check_content(api, resolve(api, operation["requestBody"])["content"], said["request_type"], said["request"])
        if wrong:
            return f"accepted, though the request is not as described: {wrong}"
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        api = yaml.safe_load(file)
    succeeded, count, wrong = set(), 0, 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            for line in file:
                said = json.loads(line)
                count += 1
                complaint = check(api, said)
                if complaint:
                    wrong += 1
                    if wrong <= 20:
                        print(f"{said['method']} {said['path']} -> {said['status']}: {complaint}")
                elif said["status"] in (200, 303):
                    succeeded.add((said["method"].lower(), find(api, said["method"].lower(), said["path"])[0]))
    unseen = [f"{method.upper()} {name}" for method, name, _, _ in operations(api) if (method, name) not in succeeded]
    for name in unseen:
        print(f"{name}: never seen to succeed")
    print(f"{count} exchanges, {wrong} not as described; {len(succeeded)} operations seen, {len(unseen)} not")
    return 1 if wrong or unseen or count == 0 else 0


sys.exit(main())
