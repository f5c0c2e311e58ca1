"""The faults. Each is inflicted while documents come in and people ask, and healed where it does not heal itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.drills.faults import index_loss, planned, processes, servers, surroundings
from tests.drills.faults import input as handed_in
from tests.drills.scene import Scene


@dataclass(frozen=True, slots=True)
class Drill:
    name: str
    fault: str
    inflict: Callable[[Scene], None]
    connections_may_break: bool = False  # the process at their other end is what is killed
    may_fail: tuple[str, ...] = ()  # how names of documents begin that may fail, with a reason
    column: dict[str, Any] = field(default_factory=dict)  # what is unusual about the machine


DRILLS = [
    Drill("restart", "a planned restart, twice: the portal becomes a new program on the same sockets", planned.restart),
    Drill("steady", "nothing for ten minutes: people ask and documents come in", planned.stay_steady),
    Drill("worker", "kill -9 of a worker while parsing, while embedding, and between store and rows", processes.kill_workers),
    Drill("web", "kill -9 of a web process while it writes an answer, twice", processes.kill_web, connections_may_break=True),
    Drill("redis-flush", "Redis FLUSHALL, three times", servers.flush_redis),
    Drill("redis-restart", "Redis kill -9, 8 s away, started again", servers.restart_redis),
    Drill("postgres", "PostgreSQL immediate stop and restart, at once and after 8 s", servers.restart_postgres),
    Drill("weaviate", "Weaviate kill -9, 10 s away, started again", servers.restart_weaviate),
    Drill("weaviate-wiped", "Weaviate killed, 60 s away, back, then wiped while uploads come in", index_loss.wiped_after_an_outage),
    Drill("weaviate-half-wiped", "half of the passages removed, of one company and then of all", index_loss.half_wiped),
    Drill("weaviate-yesterday", "Weaviate killed, an older copy of its data put back", index_loss.restored_from_yesterday),
    Drill("postgres-away", "PostgreSQL immediate stop, 45 s away, started again", servers.lose_postgres, connections_may_break=True),
    Drill("postgres-frozen", "PostgreSQL stopped by SIGSTOP for 30 s", servers.freeze_postgres, connections_may_break=True),
    Drill("redis-frozen", "Redis stopped by SIGSTOP for 30 s", servers.freeze_redis),
    Drill("weaviate-frozen", "Weaviate stopped by SIGSTOP for 30 s", servers.freeze_weaviate),
    Drill("poison", "documents that crash or outwit the parser every time", handed_in.poison, may_fail=(handed_in.POISON,)),
    Drill("doubled", "every message delivered many times", handed_in.double_messages),
    Drill("clock", "the machine's clock jumps 3 hours ahead and back, then a worker is killed", surroundings.set_clock, column={"clock": True}),
    Drill("disk", "the disk under everything is full for 15 s, then Weaviate is started again", surroundings.fill_disk, column={"disk": "900m"}),
]  # fmt: skip
