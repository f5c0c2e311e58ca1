"""The first stage: a claimed version's file becomes text, passages and words to look up."""

from __future__ import annotations

import hashlib
import logging
from uuid import UUID

from knowledge.ingestion import save
from knowledge.ingestion.work_items import Progress, Work, WorkWithdrawn
from knowledge.jobs import outcomes
from knowledge.jobs.claims import Claim
from knowledge.library import storage
from knowledge.library.filenames import title_of
from knowledge.models import Version
from knowledge.parsers.base import ParseFailed, Parser
from tenants.isolation.scope import in_tenant

log = logging.getLogger("knowledge.ingestion")

LONGEST_TITLE = 300


def versions_of(claims: list[Claim]) -> dict[UUID, Version]:
    versions: dict[UUID, Version] = {}
    for tenant in {claim.tenant_id: claim.tenant for claim in claims}.values():
        with in_tenant(tenant):
            mine = [claim.version_id for claim in claims if claim.tenant_id == tenant.pk]
            rows = Version.objects.for_tenant_by_key(tenant, pk__in=mine)
            versions |= rows.select_related("document", "blob", "tenant").in_bulk()
    return versions


def read(claim: Claim, version: Version | None, generation: str, parser: Parser) -> Work | None:
    """None: it ended here, and the version says how."""
    if version is None:
        return None
    try:
        if version.is_searchable:  # a worker died between making it current and clearing up after the one before
            save.remove_superseded(claim, version)
            return None
        return _read(claim, version, generation, parser)
    except WorkWithdrawn:
        save.discard_work(claim)
    except ParseFailed as failure:
        end = outcomes.fail if failure.permanent else outcomes.retry_later
        end(claim, failure.code, failure.message, failure.hint)
    except FileNotFoundError:
        outcomes.fail(
            claim, "file_missing", "The file is no longer in the portal's storage.", "Upload the document again."
        )
    except Exception:
        log.exception("Reading version %s failed", claim.version_id)
        outcomes.retry_later(
            claim,
            "could_not_read",
            "The portal tried several times and could not read this file.",
            "Try again. If it fails again, save the file again and upload the new copy.",
        )
    return None


def _read(claim: Claim, version: Version, generation: str, parser: Parser) -> Work:
    from knowledge.indexes.chunking import ChunkRules, chunk, embedding_text
    from knowledge.indexes.versions import spec_for
    from knowledge.text.analysis import detect_language, terms

    made_with = spec_for(claim.tenant_id, generation)
    progress = Progress(claim)
    with storage.local_path(version.blob) as path:
        if not path.is_file():
            raise FileNotFoundError(path)
        parsed = parser.parse(path, version.filename, tenant=claim.tenant_id, on_progress=progress.page)
    chunks = chunk(parsed, ChunkRules(made_with.words, made_with.overlap))
    if not chunks:
        raise ParseFailed(
            "no_text",
            "No text was found in this file.",
            "If it should have some, save it in another format and upload that.",
        )
    title = _title(version, parsed.title)
    language = parsed.language or detect_language(parsed.text)
    texts = [embedding_text(title, each) for each in chunks]
    return Work(
        claim=claim,
        version=version,
        generation=generation,
        title=title,
        parsed=parsed,
        language=language,
        chunks=chunks,
        texts=texts,
        terms=[terms(text, language) for text in texts],
        digests=[hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts],
        progress=progress,
    )


def _title(version: Version, parsed_title: str) -> str:
    """A person's title stays. One that was made of the file's name gives way to what the document calls itself."""
    given = version.document.title
    parsed_title = " ".join(parsed_title.split())[:LONGEST_TITLE]
    return parsed_title if parsed_title and given == title_of(version.document.filename) else given
