# SPDX-License-Identifier: MIT
"""The module icmpecho on a real device, as root: scripts/device-tests runs this in a VM.

127.0.0.1 and ::1 answer, 10.76.0.9 has a route and does not answer, 203.0.113.1 has no route.
"""

from __future__ import annotations

import asyncio
import errno
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
from typing import Any, Callable, Dict, Iterator, List

import pytest

import icmpecho
from icmpecho import Echo, Outcome, Session, Status

SILENT = "10.76.0.9"
NO_ROUTE = "203.0.113.1"


def run(*commands: str) -> None:
    for command in commands:
        subprocess.run(command, shell=True, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[None]:
    run("ip link add quiet0 type dummy", "ip link set quiet0 arp off up",
        "ip address add 10.76.0.1/24 dev quiet0")
    yield
    run("ip link delete quiet0")


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as one:
        yield one


def count(session: Session, name: str) -> int:
    """A number in the fdinfo of the session."""
    text = pathlib.Path(f"/proc/self/fdinfo/{session.fileno()}").read_text()
    found = re.search(rf"^{name}:\s*(\d+)$", text, re.M)
    assert found, text
    return int(found[1])


@pytest.mark.parametrize("host, address", [("127.0.0.1", "127.0.0.1"), ("::1", "::1"),
                                           ("localhost", "")])
def test_ping_gets_a_reply(host: str, address: str) -> None:
    before = time.time_ns()
    one = icmpecho.ping(host, payload=b"some bytes")
    assert one.outcome == Outcome.REPLY and one.answered and one.words == "reply"
    assert one.data == b"some bytes" and one.wire_len == 10 and not one.truncated
    assert one.sender == (address or one.sender) and one.ttl > 0
    assert one.rtt is not None and 0 < one.rtt < 1
    # The realtime clock of the kernel's stamps may be a tick behind.
    assert one.received_ns is not None and abs(one.received_ns - before) < 2 * 10**9


def test_silent_host_times_out_in_time() -> None:
    begin = time.monotonic()
    one = icmpecho.ping(SILENT, timeout=0.3)
    assert 0.29 < time.monotonic() - begin < 5
    assert one.outcome == Outcome.TIMED_OUT and one.status == Status.TIMED_OUT
    assert one.rtt is None and one.sender is None and str(one) == "timed out"


def test_host_without_a_route_is_not_sent_to(session: Session) -> None:
    one = session.send(Echo(NO_ROUTE))
    assert one.outcome == Outcome.NOT_SENT and one.error == errno.ENETUNREACH
    with pytest.raises(icmpecho.Error, match="no route to network") as caught:
        session.send(Echo(NO_ROUTE, flags=icmpecho.Flags.NEED_ROUTE))
    assert caught.value.errno == errno.ENETUNREACH


@pytest.mark.parametrize("members, number", [
    ({"payload": bytes(65508)}, errno.EMSGSIZE), ({"ifindex": 9999}, errno.ENODEV),
    ({"src": "192.0.2.1"}, errno.EADDRNOTAVAIL), ({"dst": "0.0.0.0"}, errno.EDESTADDRREQ),
    ({"timeout": float("inf")}, errno.ERANGE), ({"flags": 1 << 31}, errno.EINVAL),
    ({"dst": "fe80::1"}, errno.EINVAL),
], ids=lambda one: "_".join(one) if isinstance(one, dict) else errno.errorcode[one])
def test_refused_request_raises_the_words_of_the_library(
        session: Session, members: Dict[str, Any], number: int) -> None:
    members = {"dst": "127.0.0.1", **members}
    echo = Echo(**members)
    words = icmpecho._loaded().icmpecho_strerror(number).decode()
    calls: List[Callable[[], Any]] = [lambda: session.send(echo), lambda: session.submit([echo])]
    for call in calls:
        with pytest.raises(icmpecho.Error) as caught:
            call()
        assert caught.value.errno == number and caught.value.strerror == words


@pytest.fixture
def firewall() -> Iterator[None]:
    """127.0.0.7 is forbidden, 127.0.0.8 answers with an ICMP error."""
    rules = ("add table ip python",
             "add chain ip python out { type filter hook output priority 0; }",
             "add rule ip python out ip daddr 127.0.0.7 drop",
             "add chain ip python in { type filter hook input priority 0; }",
             "add rule ip python in ip daddr 127.0.0.8 icmp type echo-request "
             "reject with icmp type admin-prohibited")
    done = subprocess.run(["nft", "; ".join(rules)])
    if done.returncode:
        pytest.skip("nft does not work here")
    yield
    run("nft delete table ip python")


def test_firewall_is_named(session: Session, firewall: None) -> None:
    one = session.send(Echo("127.0.0.7"))
    assert one.outcome == Outcome.NOT_SENT and one.error == errno.EPERM and one.rtt is None
    assert str(one).startswith("not sent: this host's firewall forbids it")


def test_icmp_error_has_its_sender_and_what_it_quotes(session: Session, firewall: None) -> None:
    one = session.send(Echo("127.0.0.8", bytes(8), flags=icmpecho.Flags.QUOTE,
                            reply_capacity=100))
    assert one.outcome == Outcome.ICMP_ERROR and one.sender == "127.0.0.8"
    assert (one.type, one.code) == (3, 13) and one.rtt is not None
    assert one.data[:1] == b"\x45" and socket.inet_ntoa(one.data[16:20]) == "127.0.0.8"


def test_info_has_the_limits(session: Session) -> None:
    info = session.info()
    assert info.abi_version == 1 and info.max_payload == 65507 and info.max_requests >= 1
    assert icmpecho.Features.IPV4 | icmpecho.Features.PACING in info.features


def test_batch_is_submitted_and_reaped(session: Session) -> None:
    ids = session.submit([Echo(f"127.0.0.{i + 1}", user_data=i) for i in range(64)])
    found = session.reap(at_least=64)
    assert len(set(ids)) == len(ids) == 64
    assert sorted((one.id, one.user_data) for one in found) == sorted(zip(ids, range(64)))
    assert all(one.sender == f"127.0.0.{one.user_data + 1}" for one in found)
    assert session.reap(timeout=0.01) == []


def test_longest_reply_is_reaped_whole(session: Session) -> None:
    payload = os.urandom(65507)
    session.submit([Echo("127.0.0.1", payload, timeout=5.0)])
    one, = session.reap()
    assert one.data == payload


def test_options_come_back(session: Session) -> None:
    one = session.send(Echo("127.0.0.1", options=bytes([7, 15, 4]) + bytes(13)))
    assert one.answered and one.options[:1] == b"\7"
    assert socket.inet_aton("127.0.0.1") in one.options


def test_malformed_options_are_named(session: Session) -> None:
    one = session.send(Echo("127.0.0.1", options=bytes([7, 200, 4, 0])))
    assert one.status == Status.BAD_OPTION and str(one) == "not sent: malformed IP option"


def test_cancelled_request_says_so(session: Session) -> None:
    ids = session.submit([Echo(SILENT, timeout=600.0)] * 3)
    session.cancel(ids[0])
    assert session.reap()[0].outcome == Outcome.CANCELLED
    with pytest.raises(icmpecho.Error, match="no such request"):
        session.cancel(ids[0])
    assert session.cancel_all() == 2
    assert [one.words for one in session.reap(at_least=2)] == ["cancelled"] * 2


def test_exchange_loses_nothing(session: Session) -> None:
    hosts = [f"127.0.{i // 250}.{i % 250 + 1}" for i in range(2000)]
    echoes = [Echo(host, timeout=10.0, user_data=i) for i, host in enumerate(hosts)]
    found = list(session.exchange(echoes, window=100))
    assert all(one.answered and one.sender == echo.dst for echo, one in found)
    assert sorted(one.user_data for _, one in found) == list(range(2000))


def test_exchange_tells_losses_apart(session: Session, firewall: None) -> None:
    hosts = ["127.0.0.1", SILENT, NO_ROUTE, "127.0.0.7", "127.0.0.8", "0.0.0.0"]
    found = {echo.dst: one.outcome for echo, one
             in session.exchange(Echo(host, timeout=0.2) for host in hosts)}
    assert list(map(found.get, hosts)) == [
        Outcome.REPLY, Outcome.TIMED_OUT, Outcome.NOT_SENT, Outcome.NOT_SENT,
        Outcome.ICMP_ERROR, Outcome.NOT_SENT]


def test_exchange_waits_where_the_session_is_full() -> None:
    limit = pathlib.Path("/sys/module/icmpecho/parameters/max_requests")
    old = limit.read_text()
    limit.write_text("5")
    try:
        with Session() as small:
            found = list(small.exchange([Echo("127.0.0.1")] * 100))
    finally:
        limit.write_text(old)
    assert len(found) == 100 and all(one.answered for _, one in found)


def test_pace_spreads_requests(session: Session) -> None:
    session.pace(0.02)
    begin = time.monotonic()
    assert len(list(session.exchange([Echo("127.0.0.1")] * 16))) == 16
    assert time.monotonic() - begin >= 0.29


@pytest.mark.skipif(not hasattr(os, "eventfd"), reason="this Python has no eventfd")
def test_eventfd_counts_completions(session: Session) -> None:
    fd = getattr(os, "eventfd")(0)
    session.set_eventfd(fd)
    session.submit([Echo("127.0.0.1")] * 2)
    session.reap(at_least=2)
    assert getattr(os, "eventfd_read")(fd) == 2
    os.close(fd)


def test_descriptor_of_another_process_is_a_session(session: Session) -> None:
    with Session(os.dup(session.fileno())) as other:
        other.submit([Echo("127.0.0.1")])
        assert session.reap()[0].answered


class Stopped(Exception):
    pass


@pytest.fixture
def alarm() -> Iterator[List[int]]:
    """SIGALRM comes after 0.1 s; the first handler counts, and raises if the list is empty."""
    calls: List[int] = [0]

    def handler(number: int, frame: Any) -> None:
        if not calls:
            raise Stopped
        calls[0] += 1

    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    yield calls
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)


def test_signal_does_not_end_a_wait(session: Session, alarm: List[int]) -> None:
    one = session.send(Echo(SILENT, timeout=0.4))
    assert one.outcome == Outcome.TIMED_OUT and alarm == [1]


def test_exception_of_a_signal_leaves_no_request_behind(
        session: Session, alarm: List[int]) -> None:
    alarm.clear()
    with pytest.raises(Stopped):
        session.send(Echo(SILENT, timeout=600.0))
    assert count(session, "in_flight") == count(session, "unreaped") == 0


def test_exception_of_a_signal_ends_reap(session: Session, alarm: List[int]) -> None:
    alarm.clear()
    session.submit([Echo(SILENT, timeout=600.0)])
    with pytest.raises(Stopped):
        session.reap()


def test_device_that_is_forbidden_is_an_error_of_its_own() -> None:
    os.seteuid(1000)
    try:
        with pytest.raises(icmpecho.ForbiddenError, match="no permission") as caught:
            Session()
    finally:
        os.seteuid(0)
    assert isinstance(caught.value, PermissionError) and caught.value.errno == errno.EACCES


def test_coroutines_ping_at_once() -> None:
    async def ping_all() -> List[Any]:
        async with icmpecho.AsyncSession() as session:
            hosts = [f"127.0.{i // 250}.{i % 250 + 1}" for i in range(300)]
            silent = session.ping(SILENT, timeout=0.3)
            return await asyncio.gather(
                session.ping("localhost"), session.ping("::1"), silent,
                *(session.send(Echo(host, timeout=10.0)) for host in hosts))

    found = asyncio.run(ping_all())
    assert found[2].outcome == Outcome.TIMED_OUT
    assert all(one.answered for one in found[:2] + found[3:])
    assert found[3].sender == "127.0.0.1" and found[302].sender == "127.0.1.50"


def test_coroutines_wait_for_their_pace_and_the_loop_goes_on() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def ping_all() -> None:
        async with icmpecho.AsyncSession() as session:
            session.session.pace(0.05)
            ticker = asyncio.ensure_future(tick())
            found = await asyncio.gather(*(session.ping("127.0.0.1") for _ in range(9)))
            ticker.cancel()
            assert all(one.answered for one in found)

    begin = time.monotonic()
    asyncio.run(ping_all())
    # A submit that waited would stop the ticks, too; a slow machine has few of them.
    assert time.monotonic() - begin >= 0.39 and ticks >= 3


def test_coroutine_that_is_cancelled_leaves_no_request_behind() -> None:
    async def ping_some() -> None:
        async with icmpecho.AsyncSession() as session:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(session.ping(SILENT, timeout=600.0), 0.1)
            assert (await session.ping("127.0.0.1")).answered
            await asyncio.sleep(0.05)
            for name in ("in_flight", "unreaped"):
                assert count(session.session, name) == 0

    asyncio.run(ping_some())


def test_coroutine_gets_the_error_of_its_request() -> None:
    async def ping_some() -> List[Any]:
        async with icmpecho.AsyncSession() as session:
            return list(await asyncio.gather(
                session.ping("127.0.0.1"), session.ping("0.0.0.0"), session.ping("127.0.0.2"),
                return_exceptions=True))

    first, second, third = asyncio.run(ping_some())
    assert first.answered and third.answered
    assert type(second) is icmpecho.Error and second.errno == errno.EDESTADDRREQ
