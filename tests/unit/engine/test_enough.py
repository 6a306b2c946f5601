"""`enough` of a loop: children are told to give up when there is enough, and not before."""

from __future__ import annotations

from concertmaster.domain.events import ItemEnded, ItemStarted
from concertmaster.domain.execution import Failure
from concertmaster.engine.children import Children


def loop(*, total: int, enough: int, parallel: int = 1) -> Children:
    children = Children("each", total, 100, parallel, enough)
    for offset, count in children.next_spans():
        children.take_start(ItemStarted("loop", 1, f"child-{offset}", offset, count))
    return children


def end(children: Children, execution: str, status: str, **more: object) -> None:
    children.take_end(ItemEnded("loop", 1, execution, status, **more))  # type: ignore[arg-type]


def test_children_that_hold_all_items_are_waited_for_until_there_is_enough() -> None:
    children = loop(total=150, enough=2, parallel=2)
    assert children.next_step() == "wait"
    end(children, "child-0", "succeeded")
    assert children.next_step() == "stop"
    end(children, "child-100", "cancelled")
    assert (children.next_step(), children.failure) == ("finish", None)


def test_a_child_that_fails_before_there_is_enough_fails_the_loop() -> None:
    children = loop(total=2, enough=2)
    end(children, "child-0", "failed", error=Failure("node.error", "no"))
    assert children.next_step() == "fail"
