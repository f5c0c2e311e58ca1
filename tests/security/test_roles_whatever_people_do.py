"""Whatever people below an owner do to each other by pages and REST, alone or together, none of them gets a session with
a privileged role that an owner did not give."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tenants.mail.mail import link_of
from tenants.members.members import add_member, create_tenant
from tenants.models import Invitation, Membership, OutboxMail, User
from tenants.roles import PRIVILEGED, Role
from tenants.signin import passwords

pytestmark = pytest.mark.django_db
BACKEND = "tenants.signin.backend.EmailBackend"
LINK = re.compile(r"http://testserver(/(?:invitation|password)/[\w./:-]+/)")
SECRET = "somebody-elses-long-password"
CAST = {"olga": "owner", "adam": "admin", "eve": "admin", "cora": "compliance", "erin": "editor", "alice": "member"}
ROLES = [role.value for role in Role]


def at(name: str) -> str:
    return f"{name}@roles.example"


names = st.sampled_from(["olga", "olga", "adam", "adam", "eve", "cora", "erin", "alice"])
below = st.sampled_from(["adam", "adam", "eve", "cora", "erin", "alice"])
targets = st.sampled_from(
    [at(name) for name in ("alice", "alice", "alice", "erin", "erin", "cora", "cora", "eve", "olga")]
)
invited = st.sampled_from([at(name) for name in ("nina", "nina", "otto", "alice", "cora")])
admins = st.sampled_from(["adam", "eve"])
# What the owner does before a link is made, and before it is opened
changes = st.sampled_from(
    [
        (None, None),
        (None, "compliance"),
        (None, "admin"),
        ("member", "compliance"),
        ("editor", "admin"),
        ("member", None),
    ]
)
roles = st.sampled_from(ROLES)
numbers = st.integers(0, 7)


@dataclass
class Taken:
    """A sign-in that somebody below an owner got hold of by a link."""

    client: Client
    email: str
    step: int
    key: str = ""


class PeopleOfOneCompany(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.tenant = create_tenant("roles", name="Roles Ltd")
        for name, role in CAST.items():
            add_member(self.tenant, email=at(name), role=role, password="x" * 12)
        self.step = 0
        self.given = {at(name): (role, 0) for name, role in CAST.items() if role in PRIVILEGED}
        self.offered: dict[str, str] = {}  # address -> the role an owner's open invitation offers
        self.links: list[str] = []  # seen by somebody below an owner, the newest first
        self.about: dict[str, str] = {}  # link -> address
        self.clients: dict[str, tuple[Client, str]] = {}
        self.taken: list[Taken] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    # What people do

    @rule(by=names, of=targets, role=roles)
    def change_a_role(self, by, of, role):
        self._as_owner_or_not(by, of, "role", {"role": role})

    @rule(by=admins, of=targets, change=changes)
    def make_and_open_a_password_link_while_the_owner_changes_the_role(self, by, of, change):
        first, then = change
        if first:
            self._as_owner_or_not("olga", of, "role", {"role": first})
        member = self._member(of)
        if member is not None:
            self._look(by, self._post(self._client(by), "password-link", member.pk))
        if then:
            self._as_owner_or_not("olga", of, "role", {"role": then})
        if self.links:
            self.open_a_link_that_was_seen(0)

    @precondition(lambda self: self.links)
    @rule(which=numbers, role=roles)
    def the_owner_changes_the_role_of_somebody_whose_link_was_seen(self, which, role):
        self._as_owner_or_not("olga", self.about[self.links[which % len(self.links)]], "role", {"role": role})

    @rule(of=targets, role=roles)
    def the_owner_takes_a_role_away_and_gives_it_back(self, of, role):
        member = self._member(of)
        if member is not None:
            self._as_owner_or_not("olga", of, "role", {"role": role})
            self._as_owner_or_not("olga", of, "role", {"role": member.role})

    @rule(by=names, of=targets)
    def remove_somebody(self, by, of):
        self._as_owner_or_not(by, of, "removal", {})

    @rule(by=names, of=invited, role=roles, at_once=st.booleans())
    def invite(self, by, of, role, at_once):
        owner = self._is_owner(by)
        response = self._post(self._client(by), "people", data={"email": of, "role": role})
        if response.status_code == 200:
            self.offered.pop(of, None)
            if owner:
                self.offered[of] = role
            self._look(by, response)
            self._look(by, self._post(self._client(by), "outbox-mail", OutboxMail.objects.first().pk))
        if self.links and at_once:
            self.open_a_link_that_was_seen(0)

    @rule(by=names, which=numbers, how=st.sampled_from(["invitation-sending", "invitation-withdrawal"]))
    def handle_an_invitation(self, by, which, how):
        found = list(Invitation.objects.for_tenant(self.tenant).order_by("created_at"))
        if found:
            invitation = found[which % len(found)]
            response = self._post(self._client(by), how, invitation.pk)
            if how == "invitation-sending" and response.status_code == 302 and not self._is_owner(by):
                assert invitation.role not in PRIVILEGED
                self.offered.pop(invitation.email, None)

    @rule(of=targets, by=below)
    def ask_in_their_name_for_a_new_password_and_look_at_the_newest_mails(self, of, by):
        cache.clear()
        Client().post(reverse("password-forgotten"), {"email": of})
        for mail in OutboxMail.objects.filter(tenant=self.tenant)[:3]:
            self._look(by, self._post(self._client(by), "outbox-mail", mail.pk))

    @precondition(lambda self: self.links)
    @rule(which=numbers)
    def open_a_link_that_was_seen(self, which):
        cache.clear()
        path = self.links[which % len(self.links)]
        client = Client()
        mails = {mail.to for mail in OutboxMail.objects.filter(tenant=self.tenant)}
        before = dict(User.objects.filter(email__in=mails).values_list("email", "password"))
        client.post(path, {"name": "Taken", "password": SECRET})
        for email, now in User.objects.filter(email__in=mails).values_list("email", "password"):
            if before.get(email) != now:
                if "/invitation/" in path:
                    self._note_offer(email)
                fresh = Client()
                fresh.post(reverse("sign-in"), {"email": email, "password": SECRET})
                self.taken.append(Taken(fresh, email, self.step))

    @precondition(lambda self: self.links)
    @rule(which=numbers, whose=invited)
    def a_person_with_a_sign_in_accepts_what_they_were_sent(self, which, whose):
        """The address's own person, or somebody who holds their session: both may."""
        user = User.objects.filter(email=whose).first()
        if user is None:
            return
        cache.clear()
        client = Client()
        client.force_login(user, backend=BACKEND)
        before = self._member(whose)
        client.post(self.links[which % len(self.links)], {})
        if before is None and self._member(whose) is not None:
            self._note_offer(whose)

    @precondition(lambda self: self.taken)
    @rule(which=numbers, of=targets, role=roles)
    def act_with_a_taken_session_and_keep_a_key_for_later(self, which, of, role):
        held, member = self.taken[which % len(self.taken)], self._member(of)
        if member is not None and not held.key:
            self._post(held.client, "role", member.pk, data={"role": role})
            self._post(held.client, "password-link", member.pk)
        body = {"name": "later", "scopes": ["read", "audit"]}
        made = held.client.post("/t/roles/api/v1/keys/", body, content_type="application/json")
        if made.status_code == 201:
            self.taken.append(Taken(Client(), held.email, held.step, made.json()["key"]))

    @rule()
    def a_month_passes(self):
        past = timezone.now() - passwords.PRIVILEGE_LASTS * 1.1
        Membership.objects.for_tenant(self.tenant).exclude(privileged_until=None).update(privileged_until=past)

    # What must always be true

    @invariant()
    def nobody_has_a_privileged_role_that_no_owner_gave(self):
        self.step += 1
        for member in Membership.objects.for_tenant(self.tenant).filter(is_active=True, role__in=PRIVILEGED):
            email = member.user.email
            assert self.given.get(email, ("", 0))[0] == member.role, f"{email} is {member.role}"

    @invariant()
    def no_taken_session_has_a_privileged_role_that_was_given_before_it_was_taken(self):
        for held in self.taken:
            member = self._member(held.email)
            if member is None or member.role not in PRIVILEGED:
                continue
            headers = {"Authorization": f"Bearer {held.key}"} if held.key else {}
            me = held.client.get("/t/roles/api/v1/me/", headers=headers)
            if me.status_code == 200 and me.json()["role"] in PRIVILEGED:
                # An owner who promotes a person trusts who holds that sign-in at that moment.
                assert self.given[held.email][1] > held.step, f"{held.email} was taken over as {member.role}"

    # Helpers

    def _as_owner_or_not(self, by: str, of: str, view: str, data: dict) -> None:
        member, owner = self._member(of), self._is_owner(by)
        if member is None:
            return
        self._post(self._client(by), view, member.pk, data=data)
        now = self._member(of)
        if owner and now is not None and now.role != member.role:
            self.given.pop(of, None)
            if now.role in PRIVILEGED:
                self.given[of] = (now.role, self.step)
        if not owner:
            assert now is None or now.role == member.role or not PRIVILEGED & {now.role, member.role}
            assert now is not None or member.role not in PRIVILEGED or at(by) == of
        self._forget_those_who_left()

    def _note_offer(self, email: str) -> None:
        """Somebody joined: with a role that an owner's invitation gave, or with none that matters."""
        role = self.offered.pop(email, "")
        if role in PRIVILEGED:
            self.given[email] = (role, self.step + 1)

    def _forget_those_who_left(self) -> None:
        for email in list(self.given):
            if self._member(email) is None:
                del self.given[email]

    def _member(self, email: str) -> Membership | None:
        mine = Membership.objects.for_tenant(self.tenant).filter(user__email=email, is_active=True)
        return mine.select_related("user").first()

    def _is_owner(self, name: str) -> bool:
        member = self._member(at(name))
        return member is not None and member.role == Role.OWNER

    def _client(self, name: str) -> Client:
        user = User.objects.get(email=at(name))
        client, password = self.clients.get(name, (None, ""))
        if client is None or password != user.password:
            client = Client()
            client.force_login(user, backend=BACKEND)
            self.clients[name] = client, user.password
        return client

    def _post(self, client: Client, view: str, *args, data: dict | None = None):
        cache.clear()
        return client.post(reverse(f"tenants:{view}", args=["roles", *args]), data or {})

    def _look(self, by: str, response) -> None:
        """What a page shows to somebody below an owner is theirs to use."""
        if response.status_code == 302 and "outbox" in response.url:
            response = self._client(by).post(response.url)
        if response.status_code != 200 or self._is_owner(by):
            return
        for path in set(LINK.findall(response.content.decode())) - set(self.links):
            written = OutboxMail.objects.filter(tenant=self.tenant)
            self.about[path] = next(mail.to for mail in written if link_of(mail).endswith(path))
            self.links.insert(0, path)


@pytest.mark.timeout(300)
def test_nobody_below_an_owner_gets_a_session_with_a_role_that_no_owner_gave(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    run_state_machine_as_test(PeopleOfOneCompany, settings=BOUNDED)


BOUNDED = settings(
    max_examples=20,
    stateful_step_count=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # making a failure smaller takes minutes
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
