"""logic.if, logic.switch, logic.merge, data.set and data.template."""

from __future__ import annotations

import polars as pl
import pytest
from pydantic import ValidationError

from concertmaster import Outlet, UserError
from concertmaster.nodes.builtin.data_values import data_set, data_template
from concertmaster.nodes.builtin.logic import logic_if, logic_merge, logic_switch
from concertmaster.nodes.node_type import node_type_of


async def test_if_passes_its_input_through() -> None:
    assert await logic_if({"a": 1}, condition=True) == Outlet("true", {"a": 1})
    assert await logic_if(None, condition=False) == Outlet("false", None)


async def test_switch_takes_the_first_case_that_holds() -> None:
    assert await logic_switch(7, cases={"a": False, "b": True, "c": True}) == Outlet("b", 7)
    assert await logic_switch(7, cases={"a": False}) == Outlet("default", 7)


async def test_switch_takes_all_cases_that_hold_when_told_to() -> None:
    assert await logic_switch(7, cases={"a": False, "b": True, "c": True}, mode="all") == {"b": 7, "c": 7}
    assert await logic_switch(7, cases={"a": False}, mode="all") == {"default": 7}


def test_switch_has_an_outlet_for_each_case_and_checks_their_names() -> None:
    found = node_type_of(logic_switch)
    assert found is not None
    assert [outlet.name for outlet in found.spec.outlets_of({"cases": {"big": True, "small": False}})] == [
        "big",
        "small",
        "default",
    ]
    for name in ("default", "error", "two words", "1st"):
        with pytest.raises(ValidationError, match="cannot be an outlet"):
            found.config_model.model_validate({"cases": {name: True}})


def test_merge_puts_tables_below_each_other_and_values_into_a_list() -> None:
    one, two = pl.LazyFrame({"a": [1], "b": ["x"]}), pl.DataFrame({"a": [2.5]})
    assert logic_merge([one, two]).collect().rows() == [(1.0, "x"), (2.5, None)]
    assert logic_merge([1, [2], None]) == [1, [2], None]
    assert logic_merge([[1], [2, 3]], mode="concat") == [1, 2, 3]
    assert logic_merge([one, two], mode="first") is one
    assert logic_merge([], mode="list") == []


def test_merge_refuses_what_does_not_go_together() -> None:
    table = pl.LazyFrame({"a": [1]})
    for values, mode in (([table, 1], "auto"), ([table], "list"), ([1, 2], "concat")):
        with pytest.raises(UserError) as caught:
            logic_merge(values, mode=mode)  # type: ignore[arg-type]
        assert caught.value.code.startswith("merge.")
    with pytest.raises(UserError, match="do not go together"):
        logic_merge([table, pl.LazyFrame({"a": [[1]]})])


async def test_data_nodes_give_back_what_was_computed() -> None:
    assert await data_set({"a": [1]}) == {"a": [1]}
    assert await data_template("Hello") == "Hello"
