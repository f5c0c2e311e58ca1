"""Every overlay as kustomize renders it, against the schemas of Kubernetes, unknown fields refused."""

from __future__ import annotations

import copy

import kubernetes_validate
import pytest

from tests.docker.manifests import FOLDER, OVERLAYS

pytestmark = pytest.mark.timeout(300)  # the first run may build kustomize
VERSIONS = ["1.34", kubernetes_validate.latest_version()]


def test_every_overlay_is_looked_at():
    assert {path.parent.name for path in FOLDER.glob("overlays/*/kustomization.yaml")} == set(OVERLAYS)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_fits(rendered, version):
    for manifest in rendered.all:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_mistake_would_be_found(rendered):
    wrong = copy.deepcopy(rendered.one("Deployment", "portal-beat"))
    wrong["spec"]["template"]["spec"]["securtyContext"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_no_two_manifests_have_one_name(rendered):
    names = [(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in rendered.all]
    assert len(names) == len(set(names))


def test_everything_stands_in_the_overlays_namespace(rendered, overlay):
    expected = "portal-staging" if overlay == "staging" else "portal"
    assert {each["metadata"].get("namespace") for each in rendered.all} == {expected}


def test_what_a_manifest_refers_to_is_there(rendered):
    made = {(each["kind"], each["metadata"]["name"]) for each in rendered.all}
    wanted = set()
    for workload in rendered.workloads():
        spec = workload["spec"]["template"]["spec"]
        wanted.add(("ServiceAccount", spec["serviceAccountName"]))
        wanted |= {
            ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
            for volume in spec["volumes"]
            if "persistentVolumeClaim" in volume
        }
        wanted |= {
            ("ConfigMap", source["configMapRef"]["name"])
            for container in spec["containers"]
            for source in container["envFrom"]
            if "configMapRef" in source
        }
    for scaler in rendered.of("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        wanted.add((target["kind"], target["name"]))
    for ingress in rendered.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            wanted |= {("Service", path["backend"]["service"]["name"]) for path in rule["http"]["paths"]}
    assert wanted <= made, wanted - made
