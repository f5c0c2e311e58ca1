"""Random grants, revocations, uploads, moves, restrictions, trashings and searches over two tenants, against a model that
fits on a screen. What somebody finds is exactly what the model says they may read."""

import os
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from knowledge.models.grant import Right

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 3  # in each tenant: one owns the shelves, two are given and denied
MOST = 6  # documents in each tenant
WORD = "zephyr"


@dataclass
class Paper:
    """The model's idea of a document."""

    shelf: int
    restricted: bool = False
    trashed: bool = False
    grants: dict = field(default_factory=dict)  # person or team -> right


class TwoCompanies(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        from tenants.members.members import add_member, create_tenant
        from tenants.members.teams import create_team

        self.companies = []
        for slug in ("one", "two"):
            tenant = create_tenant(f"{slug}-{os.urandom(4).hex()}", name=slug)
            people = [
                add_member(tenant, email=f"p{n}@{tenant.slug}.example", role="owner" if n == 0 else "member")
                for n in range(PEOPLE)
            ]
            self.companies.append(
                {
                    "people": people,
                    "team": create_team("Team", by=people[0]),
                    "in_team": set(),
                    "shelves": [],
                    "shelf_grants": [],
                    "papers": {},
                }
            )
        for company in range(2):
            for shelf in range(2):
                self._new_shelf(company)
                self._bring(company, shelf)
                self._bring(company, shelf)
            # So that whatever comes first already takes something from somebody.
            self.team(company, 1, True)
            self.give_shelf(company, 0, Right.READ, PEOPLE)
            self.give_shelf(company, 1, Right.WRITE, 2)
        self._read()

    def _new_shelf(self, company):
        from knowledge.library.collections import create_collection

        at = self.companies[company]
        at["shelves"].append(create_collection(at["people"][0], f"Shelf {len(at['shelves'])}"))
        at["shelf_grants"].append({})

    @rule(company=st.integers(0, 1), shelf=st.integers(0, 1))
    def upload(self, company, shelf):
        if len(self.companies[company]["papers"]) < MOST:
            self._bring(company, shelf)
            self._read()

    @staticmethod
    def _read():
        from knowledge.ingestion import pipeline

        pipeline.drain(inline=True)

    def _bring(self, company, shelf):
        from django.core.files.base import ContentFile

        from knowledge.library import uploads

        at = self.companies[company]
        at["brought"] = at.get("brought", 0) + 1
        name = f"paper {at['brought']} of {company}"
        text = f"{WORD} {name}, which only some may read."
        uploaded = uploads.upload(
            at["people"][0],
            at["shelves"][shelf],
            ContentFile(text.encode()),
            filename=f"{name}.txt",
            on_same_name="new",
        )
        at["papers"][uploaded.document.pk] = Paper(shelf)

    def _some(self, data, company, *, trashed=False):
        papers = [pk for pk, paper in self.companies[company]["papers"].items() if paper.trashed == trashed]
        return data.draw(st.sampled_from(sorted(papers))) if papers else None

    @rule(data=st.data(), company=st.integers(0, 1), right=st.sampled_from(list(Right)), to=st.integers(1, PEOPLE))
    def give_paper(self, data, company, right, to):
        from knowledge.permissions import grants
        from knowledge.permissions.access import access_document

        at, pk = self.companies[company], self._some(data, company)
        if pk:
            owner = at["people"][0]
            grants.give(access_document(owner, pk), right, self._whom(at, to), by=owner)
            at["papers"][pk].grants[to] = right

    @rule(data=st.data(), company=st.integers(0, 1), to=st.integers(1, PEOPLE))
    def revoke_paper(self, data, company, to):
        from knowledge.permissions import grants
        from knowledge.permissions.access import access_document

        at, pk = self.companies[company], self._some(data, company)
        if pk:
            owner = at["people"][0]
            grants.revoke(access_document(owner, pk), self._whom(at, to), by=owner)
            at["papers"][pk].grants.pop(to, None)

    @rule(
        company=st.integers(0, 1),
        shelf=st.integers(0, 1),
        right=st.sampled_from(list(Right)),
        to=st.integers(1, PEOPLE),
    )
    def give_shelf(self, company, shelf, right, to):
        from knowledge.permissions import grants

        at = self.companies[company]
        grants.give(at["shelves"][shelf], right, self._whom(at, to), by=at["people"][0])
        at["shelf_grants"][shelf][to] = right

    @rule(company=st.integers(0, 1), shelf=st.integers(0, 1), to=st.integers(1, PEOPLE))
    def revoke_shelf(self, company, shelf, to):
        from knowledge.permissions import grants

        at = self.companies[company]
        grants.revoke(at["shelves"][shelf], self._whom(at, to), by=at["people"][0])
        at["shelf_grants"][shelf].pop(to, None)

    @rule(company=st.integers(0, 1), person=st.integers(1, PEOPLE - 1), joins=st.booleans())
    def team(self, company, person, joins):
        from tenants.members.teams import add_to_team, remove_from_team

        at = self.companies[company]
        change, note = (add_to_team, at["in_team"].add) if joins else (remove_from_team, at["in_team"].discard)
        change(at["team"], at["people"][person], by=at["people"][0])
        note(person)

    @rule(data=st.data(), company=st.integers(0, 1), restricted=st.booleans())
    def restrict(self, data, company, restricted):
        from knowledge.library.documents import change_document
        from knowledge.permissions.access import access_document

        at, pk = self.companies[company], self._some(data, company)
        if pk:
            change_document(at["people"][0], access_document(at["people"][0], pk), restricted=restricted)
            at["papers"][pk].restricted = restricted

    @rule(data=st.data(), company=st.integers(0, 1), shelf=st.integers(0, 1))
    def move(self, data, company, shelf):
        from knowledge.library.documents import move_document
        from knowledge.permissions.access import access_document

        at, pk = self.companies[company], self._some(data, company)
        if pk:
            move_document(at["people"][0], access_document(at["people"][0], pk), at["shelves"][shelf])
            at["papers"][pk].shelf = shelf

    @rule()
    def follow(self):
        from knowledge import maintenance

        maintenance.do_store_work()

    @rule(data=st.data(), company=st.integers(0, 1))
    def trash(self, data, company):
        from knowledge.erasure.deletion import put_in_trash
        from knowledge.permissions.access import access_document

        at, pk = self.companies[company], self._some(data, company)
        if pk:
            put_in_trash(at["people"][0], access_document(at["people"][0], pk))
            at["papers"][pk].trashed = True

    @rule(data=st.data(), company=st.integers(0, 1))
    def restore(self, data, company):
        from knowledge.erasure.deletion import restore
        from knowledge.permissions.access import access_document

        at, pk = self.companies[company], self._some(data, company, trashed=True)
        if pk:
            restore(at["people"][0], access_document(at["people"][0], pk, in_trash=True))
            at["papers"][pk].trashed = False

    @rule(data=st.data(), company=st.integers(0, 1))
    def erase(self, data, company):
        from knowledge.erasure.deletion import erase_now

        at, pk = self.companies[company], self._some(data, company, trashed=True)
        if pk:
            erase_now(at["people"][0], pk)
            del at["papers"][pk]

    @staticmethod
    def _whom(at, number):
        return at["team"] if number == PEOPLE else at["people"][number]

    @staticmethod
    def _may_read(at, person, paper) -> bool:
        holders = {person} | ({PEOPLE} if person in at["in_team"] else set())
        if paper.trashed:
            return False
        if person == 0 or holders & set(paper.grants):
            return True  # person 0 owns every document
        return not paper.restricted and bool(holders & set(at["shelf_grants"][paper.shelf]))

    @precondition(lambda self: hasattr(self, "companies"))
    @invariant()
    def everybody_finds_exactly_what_they_may_read(self):
        from knowledge.models import Document
        from knowledge.permissions import access
        from knowledge.retrieval.search import count_readable, find

        for at in self.companies:
            for number, person in enumerate(at["people"]):
                expected = {pk for pk, paper in at["papers"].items() if self._may_read(at, number, paper)}
                found = find(person, [f"{WORD} paper"], limit=20)
                assert {each.document_id for each in found} == expected, number
                assert count_readable(person) == len(expected)
                every = [pk for company in self.companies for pk in company["papers"]]
                assert access.still_readable(person, every) == expected
                assert set(access.access_reasons(person, every)) == expected
                assert set(Document.objects.visible_to(person).values_list("pk", flat=True)) == expected


@pytest.mark.timeout(600)
def test_nobody_ever_finds_what_they_may_not_read():
    from hypothesis.stateful import run_state_machine_as_test

    examples, steps = (60, 40) if os.environ.get("THOROUGH") else (6, 18)
    run_state_machine_as_test(
        TwoCompanies,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize="THOROUGH" not in os.environ,
            suppress_health_check=list(HealthCheck),
            # Shortening a failure takes minutes: for a person who looks into one.
            phases=list(Phase) if "THOROUGH" in os.environ else [Phase.generate],
        ),
    )
