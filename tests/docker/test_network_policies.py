"""Who may speak to whom, decided as a cluster would decide it: denied unless a policy allows it."""

from __future__ import annotations

import ipaddress

import pytest

from tests.docker.manifests import chosen, component, labels

pytestmark = pytest.mark.timeout(300)
DATA = {"portal.example/data": "yes"}
READING = ("ingest_next", "ingest_bulk", "build_next")
PORTS = {"postgresql": 5432, "redis": 6379, "weaviate": 8080}


def applying(rendered, workload, direction: str) -> list[dict]:
    return [
        each["spec"]
        for each in rendered.of("NetworkPolicy")
        if direction in each["spec"]["policyTypes"] and chosen(each["spec"]["podSelector"], labels(workload))
    ]


def reaches_pod(rendered, workload, *, namespace: dict, pod: dict, port: int, protocol: str = "TCP") -> bool:
    for policy in applying(rendered, workload, "Egress"):
        for rule in policy.get("egress", []):
            to = any(
                chosen(peer.get("namespaceSelector", {"matchLabels": {"nowhere": "1"}}), namespace)
                and chosen(peer.get("podSelector", {}), pod)
                for peer in rule["to"]
                if "ipBlock" not in peer
            )
            if to and any((each["protocol"], each["port"]) == (protocol, port) for each in rule["ports"]):
                return True
    return False


def reaches_address(rendered, workload, address: str, port: int) -> bool:
    there = ipaddress.ip_address(address)
    for policy in applying(rendered, workload, "Egress"):
        for rule in policy.get("egress", []):
            for block in [peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer]:
                inside = there in ipaddress.ip_network(block["cidr"]) and not any(
                    there in ipaddress.ip_network(each) for each in block.get("except", [])
                )
                if inside and any(each["port"] == port for each in rule["ports"]):
                    return True
    return False


def test_nothing_is_allowed_that_no_policy_names(rendered):
    denying = rendered.one("NetworkPolicy", "default-deny")["spec"]
    assert denying == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_process_finds_names_and_the_three_services(rendered):
    for workload in rendered.workloads():
        assert reaches_pod(
            rendered, workload, protocol="UDP", port=53,
            namespace={"kubernetes.io/metadata.name": "kube-system"}, pod={"k8s-app": "kube-dns"},
        )  # fmt: skip
        for service, port in PORTS.items():
            there = {"portal.example/service": service}
            assert reaches_pod(rendered, workload, namespace=DATA, pod=there, port=port)
            assert not reaches_pod(rendered, workload, namespace={}, pod=there, port=port)
            assert not reaches_pod(rendered, workload, namespace=DATA, pod=there, port=22)


def test_what_reads_documents_reaches_the_three_services_and_nothing_outside(rendered):
    reading = [
        each for each in rendered.workloads() if labels(each).get("portal.example/queue") in {"interactive", "bulk"}
    ]
    assert len(reading) == 2
    for workload in reading:
        assert workload["kind"] == "Deployment"
        for port in (25, 80, 443, 587, 5432):
            assert not reaches_address(rendered, workload, "93.184.216.34", port)
        ports = {
            (each["protocol"], each["port"])
            for policy in applying(rendered, workload, "Egress")
            for rule in policy.get("egress", [])
            for each in rule["ports"]
        }
        assert ports == {("UDP", 53), *(("TCP", port) for port in (53, 5432, 6432, 6379, 8080, 50051))}


def test_only_web_and_workers_reach_the_outside_and_none_reaches_inner_addresses(rendered):
    for workload in rendered.workloads():
        reads = labels(workload).get("portal.example/queue") in {"interactive", "bulk"}
        outside = component(workload) in {"web", "worker"} and not reads
        assert reaches_address(rendered, workload, "93.184.216.34", 443) is outside
        assert reaches_address(rendered, workload, "93.184.216.34", 587) is outside
        assert not reaches_address(rendered, workload, "93.184.216.34", 22)
        for inner in ("10.0.0.1", "172.20.3.4", "192.168.1.1", "169.254.169.254", "127.0.0.1"):
            assert not reaches_address(rendered, workload, inner, 443)


def test_people_reach_web_through_the_ingress_controller_and_nothing_else(rendered):
    for workload in rendered.workloads():
        allowed = [rule for policy in applying(rendered, workload, "Ingress") for rule in policy.get("ingress", [])]
        if component(workload) != "web":
            assert allowed == []
            continue
        assert allowed
        for rule in allowed:
            assert rule["from"] == [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
            ]
            assert [each["port"] for each in rule["ports"]] == [8000]


def test_documents_are_read_in_those_queues_alone(settings):
    routes = {name: settings.CELERY_TASK_ROUTES[f"knowledge.tasks.{name}"]["queue"] for name in READING}
    assert set(routes.values()) <= {"interactive", "bulk"}
