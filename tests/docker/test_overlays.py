"""What each overlay is for."""

from __future__ import annotations

import pytest

from tests.docker.manifests import chosen, component, containers, labels, render

pytestmark = pytest.mark.timeout(300)


def tag(workload: dict) -> str:
    return containers(workload)[0]["image"].rpartition(":")[2]


def behind(rendered, service: str) -> list[dict]:
    selector = {"matchLabels": rendered.one("Service", service)["spec"]["selector"]}
    return [each for each in rendered.serving() if chosen(selector, labels(each))]


def test_staging_differs_from_production_in_address_and_size_alone():
    staging, production = render("staging"), render("production")
    assert [(each["kind"], component(each)) for each in staging.workloads()] == [
        (each["kind"], component(each)) for each in production.workloads()
    ]
    (ingress,) = staging.of("Ingress")
    assert ingress["spec"]["rules"][0]["host"] == "staging.portal.example"
    assert ingress["spec"]["tls"][0]["hosts"] == ["staging.portal.example"]
    (config,) = staging.of("ConfigMap")
    assert config["data"]["PORTAL_URL"] == "https://staging.portal.example"
    assert config["data"]["VECTOR_STORE"] == "weaviate", "what the overlay does not name stays"


def test_a_changed_setting_starts_new_pods():
    names = {overlay: render(overlay).of("ConfigMap")[0]["metadata"]["name"] for overlay in ("staging", "production")}
    assert names["staging"] != names["production"]
    assert all(name.startswith("portal-") for name in names.values())


def test_production_keeps_serving_when_a_node_goes():
    scaled = {
        each["metadata"]["name"]: each["spec"]["minReplicas"]
        for each in render("production").of("HorizontalPodAutoscaler")
    }
    assert scaled["portal-web"] >= 2
    assert scaled["portal-worker-interactive"] >= 2


def test_every_way_in_has_tls_and_lets_answers_stream(rendered):
    for ingress in rendered.of("Ingress"):
        said = {key.partition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
        hosts = {rule["host"] for rule in ingress["spec"]["rules"]}
        assert {host for tls in ingress["spec"]["tls"] for host in tls["hosts"]} == hosts
        assert all(tls["secretName"] for tls in ingress["spec"]["tls"])
        assert said["ssl-redirect"] == "true"
        assert said["proxy-buffering"] == said["proxy-request-buffering"] == "off"
        assert int(said["proxy-read-timeout"]) >= 600
        assert int(said["proxy-body-size"].removesuffix("m")) > 200


def test_the_canary_takes_its_share_and_the_rest_is_production_as_it_was():
    canary, production = render("canary"), render("production")
    before = {(each["kind"], each["metadata"]["name"]): each for each in production.all}
    after = {(each["kind"], each["metadata"]["name"]): each for each in canary.all}
    assert {key: after[key] for key in before} == before
    assert {kind for kind, _ in after.keys() - before.keys()} == {
        "Deployment", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy",
    }  # fmt: skip
    assert [tag(each) for each in behind(canary, "portal-web")] == ["0.1.0"]
    assert [tag(each) for each in behind(canary, "portal-web-canary")] == ["0.2.0"]
    ingress = canary.one("Ingress", "portal-web-canary")
    said = ingress["metadata"]["annotations"]
    assert said["nginx.ingress.kubernetes.io/canary"] == "true"
    assert 0 < int(said["nginx.ingress.kubernetes.io/canary-weight"]) < 50
    assert ingress["spec"]["rules"][0]["host"] == production.of("Ingress")[0]["spec"]["rules"][0]["host"]
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "portal-web-canary"


def test_the_canary_runs_with_productions_settings():
    canary = render("canary")
    sources = [containers(each)[0]["envFrom"] for each in canary.serving() if component(each) == "web"]
    assert sources[0] == sources[1]


def test_blue_and_green_stand_side_by_side_and_people_meet_one():
    rendered = render("blue-green")
    web = [each["metadata"]["name"] for each in rendered.serving() if component(each) == "web"]
    assert sorted(web) == ["portal-web-blue", "portal-web-green"]
    assert [each["metadata"]["name"] for each in behind(rendered, "portal-web")] == ["portal-web-blue"]
    for colour in ("blue", "green"):
        assert [each["metadata"]["name"] for each in behind(rendered, f"portal-web-{colour}")] == [
            f"portal-web-{colour}"
        ]
    assert len({tag(rendered.one("Deployment", name)) for name in web}) == 2
    (ingress,) = rendered.of("Ingress")
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "portal-web"


def test_one_word_switches_from_blue_to_green(tmp_path):
    import shutil

    import yaml

    from tests.docker import tools
    from tests.docker.manifests import FOLDER, Rendered

    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    file = tmp_path / "kubernetes" / "overlays" / "blue-green" / "kustomization.yaml"
    assert file.read_text().count("value: blue}") == 1
    file.write_text(file.read_text().replace("value: blue}", "value: green}"))
    done = tools.run(tools.KUSTOMIZE, "build", "overlays/blue-green", folder=tmp_path / "kubernetes")
    green = Rendered(tuple(yaml.safe_load_all(done.stdout)))
    assert [each["metadata"]["name"] for each in behind(green, "portal-web")] == ["portal-web-green"]
    blue = {(each["kind"], each["metadata"]["name"]): each for each in render("blue-green").all}
    changed = [each["metadata"]["name"] for each in green.all if blue[(each["kind"], each["metadata"]["name"])] != each]
    assert changed == ["portal-web"], "nothing restarts"
