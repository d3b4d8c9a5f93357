"""Prepares a run of schemathesis: fills a hub with one entity of each type, and writes the description
with its known exceptions and two configurations, with the ids of what is there and without.

usage: populate.py URL SESSION DESCRIPTION EXCEPTIONS FOLDER
"""

import base64
import json
import sys
import urllib.request

url, session, description, exceptions, folder = sys.argv[1:]
token = json.load(open(session))["access_token"]
ids = {}
secrets = {}


def opened(method, path, body=None, token=token):
    request = urllib.request.Request(url + "/api" + path, method=method)
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    return urllib.request.urlopen(request, None if body is None else json.dumps(body).encode())


def call(method, path, body=None):
    with opened(method, path, body) as answer:
        return json.load(answer)


def create(kind, path, **fields):
    made = call("POST", path, {"Slug": "schemathesis-" + kind.lower().replace("_", "-")} | fields)
    key = "".join(word.capitalize() for word in kind.split("_")) + "ID"
    ids[kind + "_id"] = made[key]
    if "Secret" in made:
        secrets[kind] = made["Secret"]
    return made[key]


def populate():
    kubernetes = {"ToolchainType": "Kubernetes/YAML"}
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b\n"
    data = {"Data": base64.b64encode(manifest.encode()).decode()} | kubernetes
    space = "/space/" + create("space", "/space")
    worker = create("bridge_worker", space + "/bridge_worker")
    # A worker that has been connected has statuses.
    with opened("POST", f"/bridge_worker/{worker}/stream", {}, secrets["bridge_worker"]):
        statuses = call("GET", f"{space}/bridge_worker/{worker}/status")
    ids["status_id"] = statuses[0]["BridgeWorkerStatusID"]
    create("target", space + "/target", BridgeWorkerID=worker, ProviderType="Kubernetes", **kubernetes)
    unit = create("unit", space + "/unit", TargetID=ids["target_id"], **data)
    other = call("POST", space + "/unit", {"Slug": "other"} | data)["UnitID"]
    create("link", space + "/link", FromUnitID=unit, ToUnitID=other)
    create("filter", space + "/filter", From="Unit")
    create("view", space + "/view", FilterID=ids["filter_id"])
    create("set", space + "/set")
    create("tag", space + "/tag")
    create("change_set", space + "/change_set")
    create("trigger", space + "/trigger", Event="Mutation", FunctionName="no-placeholders", **kubernetes)
    create("invocation", space + "/invocation", FunctionName="get-replicas", **kubernetes)
    path = space + "/unit/" + unit
    call("POST", path + "/apply")
    for kind, name in [("revision", "Revision"), ("mutation", "Mutation")]:
        ids[kind + "_id"] = call("GET", path + "/" + kind)[0][name][name + "ID"]
    ids["unit_event_id"] = call("GET", path + "/unit_event")[0]["UnitEventID"]
    me = call("GET", "/me")
    ids["organization_id"] = me["OrganizationID"]
    ids["user_id"] = ids["organization_member_id"] = me["UserID"]


def described():
    whole = json.load(open(description))
    known = json.load(open(exceptions))
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/StandardErrorResponse"}}}
    for methods in whole["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            # They would excuse everything.
            answers.pop("default", None)
            answers.pop("500", None)
            for exception in known["statuses"]:
                if exception["operations"] == ["*"] or operation["operationId"] in exception["operations"]:
                    content = {"content": refusal} if exception["schema"] else {}
                    for status in exception["statuses"]:
                        answers.setdefault(str(status), {"description": exception["reason"]} | content)
            if operation["operationId"] in known["public"]:
                operation["security"] = []
    for field in known["nullable"]:
        properties = whole["components"]["schemas"][field["schema"]]["properties"]
        properties[field["name"]] = {"nullable": True, "allOf": [properties[field["name"]]]}
    return whole


def configuration(parameters):
    lines = [f'"{name}" = "{value}"' for name, value in parameters.items()]
    # In a file, for arguments can be read by everybody.
    headers = authorization(token)
    stateful = ["[phases]", "stateful.enabled = false", ""]
    return "\n".join([headers, "", "[parameters]", *lines, "", *stateful, known_checks(), *operations()])


def authorization(token):
    return f'headers = {{ Authorization = "Bearer {token}" }}'


def operations():
    # A stream of events never ends.
    yield '[[operations]]\ninclude-operation-id = "StreamBridgeWorker"\nenabled = false\n'
    for operation in ["GetSelf", "CreateActionResult"]:
        yield f'[[operations]]\ninclude-operation-id = "{operation}"\n{authorization(secrets["bridge_worker"])}\n'


def known_checks():
    lines = ["[checks]", 'not_a_server_error.expected-statuses = ["2xx", "4xx", 501]']
    for check in json.load(open(exceptions))["checks"]:
        lines.append(f'{check["check"]}.enabled = false')
    return "\n".join(lines) + "\n"


populate()
json.dump(described(), open(folder + "/openapi.json", "w"))
open(folder + "/present.toml", "w").write(configuration({"path." + name: value for name, value in ids.items()}))
open(folder + "/absent.toml", "w").write(configuration({}))
