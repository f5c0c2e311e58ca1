"""What a pod of the portal may do: as little as it needs."""

from __future__ import annotations

import re

import pytest

from tests.docker.manifests import QUEUES, chosen, component, containers, labels, pod, text

pytestmark = pytest.mark.timeout(300)
WRITABLE = {"/data/files", "/data/backups", "/data/queue", "/scratch", "/tmp"}
SECRETS = {
    "web": {"portal-app"},
    "worker": {"portal-app"},
    "beat": {"portal-app"},
    "migrate": {"portal-app", "portal-owner"},
    "setup-database": {"portal-app", "portal-owner", "portal-admin"},
}


def test_every_pod_runs_as_the_images_own_account_and_never_as_root(rendered):
    for workload in rendered.workloads():
        security = pod(workload)["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["runAsGroup"] == security["fsGroup"] == 10001
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod(workload).keys()


def test_every_container_has_a_read_only_root_and_no_capability(rendered):
    for workload in rendered.workloads():
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_what_can_be_written_is_named_and_has_an_end(rendered):
    for workload in rendered.workloads():
        kinds = {volume["name"]: volume for volume in pod(workload)["volumes"]}
        for container in containers(workload):
            for mount in container["volumeMounts"]:
                assert mount["mountPath"] in WRITABLE
                volume = kinds[mount["name"]]
                assert "persistentVolumeClaim" in volume or "sizeLimit" in volume["emptyDir"]
                assert "hostPath" not in volume


def test_no_pod_may_speak_to_the_cluster(rendered):
    for workload in rendered.workloads():
        assert pod(workload)["automountServiceAccountToken"] is False
        assert pod(workload)["serviceAccountName"] == "portal"
    assert all(each["automountServiceAccountToken"] is False for each in rendered.of("ServiceAccount"))
    assert not rendered.of("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


def test_secrets_are_only_referred_to_and_each_process_gets_only_its_own(rendered):
    assert not rendered.of("Secret")
    for workload in rendered.workloads():
        for container in containers(workload):
            named = {source["secretRef"]["name"] for source in container["envFrom"] if "secretRef" in source}
            assert named == SECRETS[component(workload)]
            for variable in container.get("env", []):
                assert "valueFrom" in variable


def test_no_manifest_carries_what_looks_like_a_secret(overlay, rendered):
    for config in rendered.of("ConfigMap"):
        suspicious = [
            key for key in config["data"] if re.search(r"PASSWORD|SECRET|_KEY|TOKEN|DSN|DATABASE.*URL|REDIS_URL", key)
        ]
        assert suspicious == []
    assert not re.search(r"://[^/\s:]+:[^@\s]+@", text(overlay)), "an address with a password in it"


def test_every_container_has_requests_and_limits(rendered):
    for workload in rendered.workloads():
        for container in containers(workload):
            for kind in ("requests", "limits"):
                assert {"cpu", "memory", "ephemeral-storage"} <= container["resources"][kind].keys()


def test_every_image_is_a_release(rendered):
    for workload in rendered.workloads():
        for container in containers(workload):
            assert re.fullmatch(r"registry\.example/portal:\d+\.\d+\.\d+", container["image"])


def test_every_process_that_stays_is_asked_whether_it_lives(rendered):
    for workload in rendered.serving():
        (container,) = containers(workload)
        if component(workload) == "web":
            alive, ready = container["livenessProbe"]["httpGet"], container["readinessProbe"]["httpGet"]
            assert (alive["path"], ready["path"]) == ("/healthz", "/readyz?only=database,files")
            assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
            assert all(probe["httpHeaders"] == [{"name": "Host", "value": "localhost"}] for probe in (alive, ready))
        else:
            name = container["args"][-1]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                assert container[probe]["exec"]["command"] == ["python", "/app/docker/alive.py", name]


def test_the_probes_host_is_one_that_the_portal_serves(rendered):
    (config,) = rendered.of("ConfigMap")
    assert "localhost" in config["data"]["ALLOWED_HOSTS"].split(",")


def test_every_queue_has_a_worker(rendered):
    served = {tuple(containers(each)[0]["args"]) for each in rendered.serving() if component(each) == "worker"}
    assert served == {("worker", queue) for queue in QUEUES}


def test_exactly_one_beat_runs_even_during_an_update(rendered):
    (beat,) = [each for each in rendered.serving() if component(each) == "beat"]
    assert beat["spec"]["replicas"] == 1
    assert beat["spec"]["strategy"] == {"type": "Recreate"}
    assert "portal-beat" not in {
        each["spec"]["scaleTargetRef"]["name"] for each in rendered.of("HorizontalPodAutoscaler")
    }


def test_what_may_run_more_than_once_is_scaled_and_survives_a_drained_node(rendered):
    scaled = {each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in rendered.of("HorizontalPodAutoscaler")}
    for workload in rendered.serving():
        if component(workload) == "beat":
            continue
        name = workload["metadata"]["name"]
        assert "replicas" not in workload["spec"], "the autoscaler's number would be undone by every apply"
        assert scaled[name]["minReplicas"] <= scaled[name]["maxReplicas"]
        budgets = [
            each for each in rendered.of("PodDisruptionBudget") if chosen(each["spec"]["selector"], labels(workload))
        ]
        assert [each["spec"]["maxUnavailable"] for each in budgets] == [1]


def test_processes_spread_over_the_nodes(rendered):
    for workload in rendered.serving():
        if component(workload) == "beat":
            continue
        for constraint in pod(workload)["topologySpreadConstraints"]:
            assert chosen(constraint["labelSelector"], labels(workload))


def test_open_answers_have_time_to_end(rendered):
    from portal.operations.processes.supervisor import DRAIN_TIMEOUT_SECONDS

    for workload in rendered.serving():
        (container,) = containers(workload)
        grace = pod(workload)["terminationGracePeriodSeconds"]
        if component(workload) == "web":
            pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
            assert grace >= pause + DRAIN_TIMEOUT_SECONDS
        if component(workload) == "worker":
            assert grace >= 60


def test_each_selector_chooses_its_own_pods_alone(rendered):
    for workload in rendered.serving():
        mine = [
            each["metadata"]["name"]
            for each in rendered.serving()
            if chosen(workload["spec"]["selector"], labels(each))
        ]
        assert mine == [workload["metadata"]["name"]]


def test_jobs_end_and_setting_up_waits_to_be_asked(rendered):
    jobs = {component(each): each["spec"] for each in rendered.of("Job")}
    assert jobs.keys() == {"migrate", "setup-database"}
    assert all(pod(each)["restartPolicy"] == "Never" for each in rendered.of("Job"))
    assert jobs["setup-database"]["suspend"] is True
    assert jobs["migrate"]["activeDeadlineSeconds"]
