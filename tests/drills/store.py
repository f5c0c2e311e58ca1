"""What Weaviate holds, read from its own REST door and past the portal's adapter."""

from __future__ import annotations

from collections import Counter

import httpx

from portal.operations.services import Weaviate

PAGE = 500


def passages(weaviate: Weaviate, tenant_id: str) -> Counter[str]:
    """Passage ids of one tenant, in all its indexes, with how often each is there."""
    found: Counter[str] = Counter()
    tenant = tenant_id.replace("-", "")
    with httpx.Client(
        base_url=f"{weaviate.url}/v1", headers={"Authorization": f"Bearer {weaviate.key}"}, timeout=20
    ) as api:
        classes = [each["class"] for each in api.get("/schema").raise_for_status().json()["classes"] or []]
        for name in classes:
            here = api.get(f"/schema/{name}/tenants").raise_for_status().json() or []
            if tenant not in {each["name"] for each in here}:
                continue
            after = ""
            while True:
                asked = {"class": name, "tenant": tenant, "limit": PAGE, **({"after": after} if after else {})}
                page = api.get("/objects", params=asked).raise_for_status().json().get("objects") or []
                found.update(each["id"] for each in page)
                if len(page) < PAGE:
                    break
                after = page[-1]["id"]
    return found
