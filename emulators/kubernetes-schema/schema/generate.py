#!/usr/bin/env python3
"""Writes the *.schema files beside this script from Kubernetes' own descriptions.

usage: generate.py KUBERNETES API APIMACHINERY

The arguments are checkouts (or Go module folders) of k8s.io/kubernetes, k8s.io/api and
k8s.io/apimachinery of one version. Names, types, protobuf numbers and merge keys are taken over;
descriptions are not. src/parse.rs says what a line means.
"""

import json
import pathlib
import re
import sys

ROOTS = """
core.v1: Namespace Node Pod Service Endpoints Event ConfigMap Secret ServiceAccount PersistentVolume
  PersistentVolumeClaim ResourceQuota LimitRange ReplicationController Binding PodTemplate
apps.v1: Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision
batch.v1: Job CronJob
autoscaling.v1: Scale
autoscaling.v2: HorizontalPodAutoscaler
policy.v1: PodDisruptionBudget Eviction
networking.v1: Ingress IngressClass NetworkPolicy
discovery.v1: EndpointSlice
events.v1: Event
coordination.v1: Lease
rbac.v1: Role ClusterRole RoleBinding ClusterRoleBinding
storage.v1: StorageClass
scheduling.v1: PriorityClass
authentication.v1: TokenRequest TokenReview SelfSubjectReview
authorization.v1: SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview LocalSubjectAccessReview
"""

SCALARS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro-time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
}


def short(name):
    """io.k8s.api.core.v1.Pod -> core.v1.Pod, io.k8s.apimachinery.pkg.apis.meta.v1.Time -> meta.v1.Time."""
    return ".".join(name.split(".")[-3:])


def load_definitions(kubernetes):
    definitions = {}
    for path in sorted((kubernetes / "api/openapi-spec/v3").glob("api*.json")):
        for name, schema in json.loads(path.read_text())["components"]["schemas"].items():
            definitions.setdefault(name, schema)
    return definitions


def load_numbers(folders):
    numbers = {}
    for folder in folders:
        for path in folder.rglob("generated.proto"):
            text = path.read_text()
            package = re.search(r"^package ([\w.]+);", text, re.M).group(1)
            package = package.removeprefix("k8s.io.").replace("api.", "", 1) if "k8s.io.api." in package else package
            package = ".".join(package.split(".")[-2:])
            for message, body in re.findall(r"^message (\w+) \{(.*?)^\}", text, re.M | re.S):
                fields = re.findall(r"^\s*(?:optional|repeated|map<.*?>)?\s*[\w.<>, ]+?\s(\w+) = (\d+);", body, re.M)
                numbers[f"{package}.{message}"] = {name.lower(): int(number) for name, number in fields}
    return numbers


def load_pointers(folders):
    """The fields whose Go type is a pointer: zero is a value for them, for others it means absent."""
    pointers = set()
    for folder in folders:
        for path in folder.rglob("types.go"):
            package = f"{path.parent.parent.name}.{path.parent.name}"
            for name, body in re.findall(r"^type (\w+) struct \{(.*?)^\}", path.read_text(), re.M | re.S):
                for field in re.findall(r"^\t\w+\s+\*\w+\s+`json:\"(\w+)", body, re.M):
                    pointers.add((f"{package}.{name}", field))
    return pointers


def reference(schema):
    ref = schema.get("$ref") or next((one["$ref"] for one in schema.get("allOf", []) if "$ref" in one), None)
    return ref.rsplit("/", 1)[1] if ref else None


def type_of(schema, wanted):
    name = reference(schema)
    if name:
        if name in SCALARS:
            return SCALARS[name]
        if name.endswith(("JSON", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrStringArray")):
            return "any"
        wanted.append(name)
        return short(name)
    kind = schema.get("type")
    if kind == "array":
        return f"[{type_of(schema['items'], wanted)}]"
    if kind == "object" and "additionalProperties" in schema:
        return f"{{{type_of(schema['additionalProperties'], wanted)}}}"
    form = schema.get("format")
    if kind == "string" and form == "byte":
        return "bytes"
    return {"int32": "int32", "int64": "int64", "double": "double"}.get(form, {"object": "any", None: "any"}.get(kind, kind))


def flags_of(field, schema, required, target):
    flags = []
    if required:
        flags.append("required")
    list_type = schema.get("x-kubernetes-list-type")
    if list_type == "map":
        flags.append("keys=" + ",".join(schema["x-kubernetes-list-map-keys"]))
    elif list_type == "set":
        flags.append("set")
    if schema.get("x-kubernetes-map-type") == "atomic" or target.get("x-kubernetes-map-type") == "atomic":
        flags.append("atomic")
    strategy = schema.get("x-kubernetes-patch-strategy", "").split(",")
    if "merge" in strategy:
        flags.append("merge=" + schema.get("x-kubernetes-patch-merge-key", ""))
    if "retainKeys" in strategy:
        flags.append("retain-keys")
    default = schema.get("default")
    if default not in (None, "", 0, {}, False) and default != []:
        flags.append("default=" + str(default))
    return flags


def main():
    kubernetes, api, machinery = (pathlib.Path(one) for one in sys.argv[1:4])
    definitions = load_definitions(kubernetes)
    by_short = {short(name): name for name in definitions}
    numbers = load_numbers([api, machinery])
    pointers = load_pointers([api, machinery])
    wanted = []
    for group in re.sub(r"\n  ", " ", ROOTS).strip().splitlines():
        prefix, names = group.split(":")
        wanted += [by_short[f"{prefix}.{name}"] for name in names.split()]
    wanted += [by_short["meta.v1.DeleteOptions"]]
    done = {}
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        schema = definitions[name]
        lines = []
        for field, one in schema.get("properties", {}).items():
            target = definitions.get(reference(one), {})
            number = numbers.get(short(name), {}).get(field.lower().lstrip("$"), 0)
            flags = flags_of(field, one, field in schema.get("required", []), target)
            if (short(name), field) in pointers and one.get("type") in ("integer", "boolean", "number"):
                flags.append("pointer")
            lines.append(" ".join([f"  {field}", str(number), type_of(one, wanted), *flags]))
        done[name] = lines
    files = {}
    for name in sorted(done):
        package = short(name).rsplit(".", 1)[0]
        stem = package
        if package == "core.v1" and "Volume" in name:
            stem = "core.v1-volumes"
        elif package == "core.v1" and re.search(r"\.(Pod|Container|Env|Probe|Lifecycle)\w*$", name):
            stem = "core.v1-pods"
        files.setdefault(stem, []).append("\n".join([name, *done[name]]))
    here = pathlib.Path(__file__).parent
    for stem, types in files.items():
        (here / f"{stem}.schema").write_text("\n".join(types) + "\n")


main()
