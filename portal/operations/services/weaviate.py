"""Weaviate, one node or a member of a small cluster on loopback."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path

from portal.operations.services import install
from portal.operations.services.base import Server
from portal.operations.services.ports import LOOPBACK, is_free


class Weaviate(Server):
    """On loopback, as far as it can be told: `beyond_loopback` names the rest."""

    name = "Weaviate"
    patience = 60.0
    ports = ("port", "grpc_port", "gossip_port", "data_port", "raft_port", "raft_rpc_port")

    def __init__(self, folder: Path | str, *, durable: bool = True, node: str = "node1") -> None:
        super().__init__(folder, durable=durable)
        self.node = node
        self.nodes: list[Weaviate] = [self]  # of its cluster

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def grpc_port(self) -> int:
        return self.state["grpc_port"]

    def beyond_loopback(self) -> dict[str, int]:
        """1.35 opens these two on every interface (`net.Listen("tcp", ":port")`). Who has not the key, or the nodes'
        password, is told nothing there; a firewall should not let them ask."""
        return {"gRPC": self.state["grpc_port"], "the nodes' own": self.state["data_port"]}

    @property
    def key(self) -> str:
        return self.nodes[0].password

    def find(self) -> Path:
        return install.need(install.weaviate_program(), self.name)

    def prepare(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True, mode=0o700)

    def command(self) -> list[str]:
        return ["--scheme", "http", "--host", LOOPBACK, "--port", str(self.port)]

    def environment(self) -> dict[str, str]:
        state = self.state
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
            "RAFT_BOOTSTRAP_EXPECT": "1" if self is self.nodes[0] else str(len(self.nodes)),
            "RAFT_JOIN": ",".join(f"{each.node}:{each.state['raft_port']}" for each in self.nodes),
        }
        if len(self.nodes) > 1:
            settings["CLUSTER_IN_LOCALHOST"] = "true"
            met = [each.state["gossip_port"] for each in self.nodes if each is not self and each.is_running()]
            if met:  # one of them has to be first
                settings["CLUSTER_JOIN"] = ",".join(f"{LOOPBACK}:{port}" for port in met)
        if "GOMAXPROCS" in os.environ:
            settings["GOMAXPROCS"] = os.environ["GOMAXPROCS"]
        return settings

    def _free_ports(self, preferred_ports: dict[str, int]) -> dict[str, int]:
        """On one machine a node looks for another's doors next to each other."""
        others = {door for each in self.nodes if each is not self for door in each.doors()}
        while True:
            ports = super()._free_ports(preferred_ports)
            ports |= {"data_port": ports["gossip_port"] + 1, "raft_rpc_port": ports["raft_port"] + 1}
            doors = set(ports.values())
            if len(doors) == len(ports) and not doors & others and all(map(is_free, doors)):
                return ports
            preferred_ports = (
                {"port": preferred_ports["port"]}
                if "port" in preferred_ports and preferred_ports["port"] not in others
                else {}
            )

    def doors(self) -> set[int]:
        """Its ports, whether it runs or not."""
        state = self.state
        return {state[name] for name in self.ports if name in state}

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/v1/.well-known/ready", timeout=1) as response:  # noqa: S310
                return response.status == 200
        except (OSError, urllib.error.URLError):
            return False


class WeaviateCluster:
    """Several nodes on loopback. Any of them may be killed and started again by itself."""

    def __init__(self, folder: Path | str, size: int = 3, *, durable: bool = True) -> None:
        self.nodes = [Weaviate(Path(folder) / f"node{n}", durable=durable, node=f"node{n}") for n in range(1, size + 1)]
        for node in self.nodes:
            node.nodes = self.nodes

    @property
    def key(self) -> str:
        return self.nodes[0].key

    def start(self) -> str:
        """The address of the first; each of them answers for all."""
        for node in self.nodes:
            if not node.is_running():
                node.settle()  # before any runs: each has to know the others' doors
        for node in self.nodes:  # one after the other: two that join at once have been seen to give up
            node.start()
        return self.nodes[0].url

    def wipe(self) -> None:
        for node in self.nodes:
            node.wipe()
