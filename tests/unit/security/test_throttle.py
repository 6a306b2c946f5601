"""How often an address may be wrong."""

from __future__ import annotations

from concertmaster.security.throttle import Throttle


def test_a_bucket_empties_and_fills_again_with_time() -> None:
    throttle = Throttle(capacity=3, per_second=0.5)
    assert [throttle.wrong("192.0.2.1", now=0.0) for _ in range(4)] == [0, 0, 0, 2]
    # Asking while it is empty costs nothing more.
    assert throttle.wrong("192.0.2.1", now=1.0) == 1
    assert throttle.wrong("192.0.2.1", now=2.0) == 0
    assert [throttle.wrong("192.0.2.1", now=1000.0) for _ in range(4)] == [0, 0, 0, 2]


def test_addresses_do_not_pay_for_each_other_but_those_of_one_network_do() -> None:
    throttle = Throttle(capacity=1, per_second=0.001)
    assert throttle.wrong("192.0.2.1", now=0.0) == 0
    assert throttle.wrong("192.0.2.2", now=0.0) == 0
    assert throttle.wrong("2001:db8::1", now=0.0) == 0
    assert throttle.wrong("2001:db8::2", now=0.0) > 0
    assert throttle.wrong("2001:db8:0:1::1", now=0.0) == 0
    assert throttle.wrong("::ffff:192.0.2.1", now=0.0) > 0
    assert throttle.wrong("fe80::1%eth0", now=0.0) == 0
    assert throttle.wrong("", now=0.0) == 0


def test_it_forgets_whom_it_has_not_seen_for_longest() -> None:
    throttle = Throttle(capacity=1, per_second=0.000001)
    assert [throttle.wrong("first", now=0.0) for _ in range(2)] != [0, 0]
    for number in range(10_001):
        throttle.wrong(f"other-{number}", now=1.0)
    assert throttle.wrong("first", now=2.0) == 0
