"""Who has a workflow open: told again and again, else forgotten; and never too many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from concertmaster.domain.errors import TooManyRequests
from concertmaster.services.people import CLIENTS_OF_WORKFLOW, FORGOTTEN_SECONDS, WORKFLOWS_KEPT, People, Person

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Time:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def people(time: Time) -> People:
    return People(time)


def person(client: str = "tab", *, name: str = "ann", node: str | None = None) -> Person:
    return Person(client, name, node, (), AT)


def test_others_hear_of_it_when_somebody_comes_or_moves(people: People) -> None:
    assert people.come("w", person())
    assert not people.come("w", person())
    assert people.come("w", person(node="a"))
    assert people.of("w") == [person(node="a")]
    assert people.of("other") == []


def test_who_is_not_heard_of_is_forgotten(people: People, time: Time) -> None:
    people.come("w", person("one"))
    time.seconds = 10
    people.come("w", person("two"))
    assert people.next_forgotten("w") == FORGOTTEN_SECONDS - 10
    time.seconds = FORGOTTEN_SECONDS
    assert people.forget("w")
    assert [one.client for one in people.of("w")] == ["two"]
    assert not people.forget("w")
    time.seconds = 100
    assert people.of("w") == []
    assert people.next_forgotten("w") is None


def test_nobody_sends_others_away(people: People) -> None:
    people.come("w", person())
    assert not people.leave("w", "tab", "bob")
    assert not people.leave("w", "gone", "ann")
    assert people.leave("w", "tab", "ann")
    assert people.of("w") == []


def test_a_workflow_holds_only_so_many(people: People, time: Time) -> None:
    for number in range(CLIENTS_OF_WORKFLOW):
        people.come("w", person(f"c{number}", name=f"n{number}"))
    with pytest.raises(TooManyRequests):
        people.come("w", person("late", name="late"))
    assert people.come("w", person("c0", name="n0", node="a"))
    time.seconds = FORGOTTEN_SECONDS
    assert people.come("w", person("late", name="late"))


def test_of_many_workflows_the_last_are_kept(people: People) -> None:
    for number in range(WORKFLOWS_KEPT + 5):
        people.come(f"w{number}", person())
    assert people.of("w0") == []
    assert len(people.of(f"w{WORKFLOWS_KEPT}")) == 1
