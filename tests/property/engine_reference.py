"""An independent reading of the rules of joins, skips and errors, written from the design, not from the engine.

It works on whole graphs at once, in topological order, and knows nothing of events or order of arrival.
"""

from __future__ import annotations

from engine_model import Case


def expected(case: Case) -> tuple[str, dict[str, str]]:
    """The execution's status and every node's, for an execution in which no failure is unhandled.

    Returns:
        ("failed", {}) when some failure is unhandled: then it depends on the order which nodes got how far.
    """
    status: dict[str, str] = {}
    taken_outlets: dict[str, set[str]] = {}
    for node_id, node in case.workflow.nodes.items():
        incoming = [edge for edge in case.workflow.edges if edge.target == node_id]
        taken = [edge for edge in incoming if edge.outlet in taken_outlets[edge.source]]
        needed = {"all": 1, "any": 1}.get(node.policy.join, node.policy.join)
        if incoming and len(taken) < needed:
            status[node_id], taken_outlets[node_id] = "skipped", set()
        elif node.disabled:
            first = "left" if node.type == "test.fork" else "out"
            status[node_id], taken_outlets[node_id] = ("succeeded", {first}) if incoming else ("skipped", set())
        elif (outlets := case.outcome[node_id]) is not None:
            status[node_id], taken_outlets[node_id] = "succeeded", set(outlets)
        else:
            has_error_edge = any(e.source == node_id and e.outlet == "error" for e in case.workflow.edges)
            if node.policy.on_error == "continue":
                taken_outlets[node_id] = set()
            elif has_error_edge and node.policy.on_error != "fail":
                taken_outlets[node_id] = {"error"}
            else:
                return "failed", {}
            status[node_id] = "failed"
    return "succeeded", status
