"""Weaviate, one node or a member of a small cluster on loopback."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from portal.services import install
from portal.services.base import LOOPBACK, Server


class Weaviate(Server):
    """Its REST door is on loopback. gRPC and the nodes' own doors listen everywhere, which Weaviate offers no setting
    against: the key and a password between the nodes protect them, and a firewall should."""

    name = "Weaviate"
    patience = 60.0
    ports = ("port", "grpc_port", "gossip_port", "data_port", "raft_port", "raft_rpc_port")

    def __init__(
        self, folder: Path | str, *, durable: bool = True, node: str = "node1", cluster: Sequence[Weaviate] = ()
    ) -> None:
        """`cluster` names the nodes that run already and that this one joins; the key is then the first one's."""
        super().__init__(folder, durable=durable)
        self.node, self.cluster = node, tuple(cluster)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def grpc_port(self) -> int:
        return self.state["grpc_port"]

    @property
    def key(self) -> str:
        return self.cluster[0].key if self.cluster else self.password

    def find(self) -> Path:
        return install.need(install.weaviate_program(), self.name)

    def prepare(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True, mode=0o700)

    def command(self) -> list[str]:
        return ["--scheme", "http", "--host", LOOPBACK, "--port", str(self.port)]

    def environment(self) -> dict[str, str]:
        state = self.state
        nodes = [*self.cluster, self]
        settings = {
            "PERSISTENCE_DATA_PATH": str(self.folder / "data"),
            "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
            "AUTHENTICATION_APIKEY_ENABLED": "true",
            "AUTHENTICATION_APIKEY_ALLOWED_KEYS": self.key,
            "AUTHENTICATION_APIKEY_USERS": "portal",
            "AUTHORIZATION_ADMINLIST_ENABLED": "true",
            "AUTHORIZATION_ADMINLIST_USERS": "portal",
            "DEFAULT_VECTORIZER_MODULE": "none",
            "AUTOSCHEMA_ENABLED": "false",  # a write into a collection that is gone would make one without tenants
            # 1.35 leaves words that were written in the last minute out of the ranking (weaviate/weaviate#11780)
            "USE_BLOCKMAX_WAND": "false",
            "DISABLE_TELEMETRY": "true",
            "GO_PROFILING_DISABLE": "true",
            "LOG_LEVEL": "warning",
            "GRPC_PORT": str(state["grpc_port"]),
            "CLUSTER_HOSTNAME": self.node,
            "CLUSTER_ADVERTISE_ADDR": LOOPBACK,
            "CLUSTER_BIND_ADDR": LOOPBACK,
            "CLUSTER_GOSSIP_BIND_PORT": str(state["gossip_port"]),
            "CLUSTER_DATA_BIND_PORT": str(state["data_port"]),
            "CLUSTER_BASIC_AUTH_USERNAME": "node",
            "CLUSTER_BASIC_AUTH_PASSWORD": self.key,
            "RAFT_PORT": str(state["raft_port"]),
            "RAFT_INTERNAL_RPC_PORT": str(state["raft_rpc_port"]),
            "RAFT_BOOTSTRAP_EXPECT": "1",
            "RAFT_JOIN": ",".join(f"{each.node}:{each.state['raft_port']}" for each in nodes),
        }
        if self.cluster:
            settings["CLUSTER_JOIN"] = ",".join(f"{LOOPBACK}:{each.state['gossip_port']}" for each in self.cluster)
        if "GOMAXPROCS" in os.environ:
            settings["GOMAXPROCS"] = os.environ["GOMAXPROCS"]
        return settings

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/v1/.well-known/ready", timeout=1) as said:  # noqa: S310
                return said.status == 200
        except (OSError, urllib.error.URLError):
            return False
