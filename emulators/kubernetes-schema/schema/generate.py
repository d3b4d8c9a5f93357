#!/usr/bin/env python3
"""Writes the *.schema files beside this script from Kubernetes' own descriptions.

usage: generate.py KUBERNETES API APIMACHINERY APIEXTENSIONS-APISERVER KUBE-AGGREGATOR

The arguments are checkouts (or Go module folders) of k8s.io/kubernetes, k8s.io/api,
k8s.io/apimachinery, k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator of one version. Names, types, protobuf numbers and merge keys are taken over;
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
apiextensions.v1: CustomResourceDefinition
autoscaling.v1: Scale HorizontalPodAutoscaler
autoscaling.v2: HorizontalPodAutoscaler
policy.v1: PodDisruptionBudget Eviction
networking.v1: Ingress IngressClass NetworkPolicy
discovery.v1: EndpointSlice
events.v1: Event
coordination.v1: Lease
rbac.v1: Role ClusterRole RoleBinding ClusterRoleBinding
storage.v1: StorageClass CSIDriver CSINode CSIStorageCapacity VolumeAttachment VolumeAttributesClass
scheduling.v1: PriorityClass
admissionregistration.v1: ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy
  ValidatingAdmissionPolicyBinding
apiregistration.v1: APIService
certificates.v1: CertificateSigningRequest
flowcontrol.v1: FlowSchema PriorityLevelConfiguration
node.v1: RuntimeClass
resource.v1: DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
authentication.v1: TokenRequest TokenReview SelfSubjectReview
authorization.v1: SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview LocalSubjectAccessReview
"""

# Go's encoder writes a null for them unless `omitzero` is said.
TIMES = ("Time", "MicroTime", "metav1.Time", "metav1.MicroTime")

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


class Go:
    """What only the Go types tell: pointers, what is written when it is empty, and inlined structs."""

    def __init__(self, folders):
        self.pointers, self.always, self.inlined = set(), set(), {}
        for folder in folders:
            for path in folder.rglob("types*.go"):
                package = f"{path.parent.parent.name}.{path.parent.name}"
                for name, body in re.findall(r"^type (\w+) struct \{(.*?)^\}", path.read_text(), re.M | re.S):
                    self.read(package, name, body)

    def read(self, package, name, body):
        for of, field, options in re.findall(r"^\t\w+\s+(\S+)\s+`json:\"(\w+)([\w,]*)", body, re.M):
            if of.startswith("*"):
                self.pointers.add((f"{package}.{name}", field))
            elif "omit" not in options or (of in TIMES and "omitzero" not in options):
                self.always.add((f"{package}.{name}", field))
        inlined = re.findall(r"^\t(\S+)\s+`json:\",inline\"\s+protobuf:\"bytes,(\d+)", body, re.M)
        self.inlined[f"{package}.{name}"] = [(of.split(".")[-1], int(number)) for of, number in inlined]


    def among(self, fields, name, field):
        """Whether a field, be it of an inlined struct, is among `fields`."""
        package = name.rsplit(".", 1)[0]
        inlined = self.inlined.get(name, [])
        return (name, field) in fields or any(self.among(fields, f"{package}.{of}", field) for of, _ in inlined)


def number_of(numbers, go, name, field):
    """The protobuf number of a field; that of an inlined message and that within it when it has one."""
    found = numbers.get(name, {}).get(field.lower().lstrip("$"), 0)
    if found:
        return str(found)
    for of, outer in go.inlined.get(name, []):
        inner = numbers.get(f"{name.rsplit('.', 1)[0]}.{of}", {}).get(field.lower(), 0)
        if inner:
            return f"{outer}/{inner}"
    return "0"


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
    kubernetes, *folders = (pathlib.Path(one) for one in sys.argv[1:6])
    definitions = load_definitions(kubernetes)
    by_short = {short(name): name for name in definitions}
    numbers = load_numbers(folders)
    go = Go(folders)
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
            number = number_of(numbers, go, short(name), field)
            flags = flags_of(field, one, field in schema.get("required", []), target)
            of = type_of(one, wanted)
            if go.among(go.pointers, short(name), field):
                flags.append("pointer")
            elif go.among(go.always, short(name), field):
                flags.append("always")
            lines.append(" ".join([f"  {field}", number, of, *flags]))
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
