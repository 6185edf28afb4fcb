# SPDX-License-Identifier: MIT
"""The module icmpecho without a device: run_tests.py runs this in the unit step."""

from __future__ import annotations

import asyncio
import collections
import ctypes
import errno
import os
import pathlib
import re
import select
import socket
import subprocess
import sys
from typing import Any, Callable, Deque, Dict, Iterator, List, Tuple

import pytest

import icmpecho
from icmpecho import Completion, Echo, Outcome, Session, Status

USERLIB = pathlib.Path(__file__).resolve().parent.parent
HEADER = USERLIB.parent / "uapi/linux/icmpecho.h"
NO_DEVICE = not os.path.exists("/dev/icmpecho")


def record(user_data: int = 7, sender: str = "", data: bytes = b"", options: bytes = b"",
           following: bytes = b"", **members: int) -> bytes:
    """A completion record as the kernel writes it."""
    raw = icmpecho._Completion(user_data=user_data, family=socket.AF_INET, **members)
    if sender:
        raw.family, packed, raw.scope_id = icmpecho._parse_address(sender)
        getattr(raw, "from")[:len(packed)] = list(packed)
    raw.header_len = ctypes.sizeof(raw)
    raw.options_len, raw.data_len = len(options), len(data)
    raw.wire_len = raw.wire_len or len(data)
    tail = options + bytes(-len(options) % 8) + data + bytes(-len(data) % 8)
    if following:
        raw.next = raw.header_len + len(tail)
    raw.record_len = raw.header_len + len(tail) + len(following)
    return bytes(raw) + tail + following


def read(records: bytes, count: int = 1) -> List[Completion]:
    buffer = icmpecho._new_buffer(len(records))
    ctypes.memmove(buffer, records, len(records))
    return icmpecho._read_records(icmpecho._loaded(), buffer, count)


class Kernel:
    """Stands for the library and the device behind it: answers each request, unless told
    otherwise. The descriptor is one of a pair of sockets: a byte for each completion."""

    def __init__(self) -> None:
        self.real = icmpecho._loaded()
        self.ours, theirs = socket.socketpair()
        self.session = Session(theirs.detach())
        self.session._library = self  # type: ignore[assignment]
        self.room = 10**6
        self.errors: Dict[str, int] = {}  # of destinations whose requests are refused
        self.silent: List[str] = []
        self.ids = 0
        self.in_flight: Dict[int, int] = {}  # user_data of each id
        self.most_in_flight = 0
        self.ended: Deque[bytes] = collections.deque()
        self.batches: List[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def fail(self, number: int) -> int:
        ctypes.set_errno(number)
        return -1

    def end(self, request_id: int, **members: Any) -> None:
        self.ended.append(record(self.in_flight[request_id], id=request_id, **members))
        self.ours.send(b"x")

    def icmpecho_submit(self, handle: int, echoes: Any, count: int) -> int:
        for accepted in range(count):
            echo = echoes[accepted]
            dst = socket.inet_ntoa(bytes(echo.dst)[:4])
            number = self.errors.get(dst, 0)
            if len(self.in_flight) >= self.room:
                number = errno.EAGAIN
            if number:
                return accepted or self.fail(number)
            self.ids += 1
            echo.id = self.ids
            self.in_flight[self.ids] = echo.user_data
            self.most_in_flight = max(self.most_in_flight, len(self.in_flight))
            if dst not in self.silent:
                self.end(self.ids, sender=dst, rtt_ns=1)
        self.batches.append(count)
        return count

    def icmpecho_reap(self, handle: int, buffer: Any, size: int, at_least: int, at_most: int,
                      deadline_ns: int) -> int:
        assert at_least <= len(self.ended), "this would wait for ever"
        records = b""
        count = 0
        while self.ended and count < at_most and len(records) + len(self.ended[0]) <= size:
            one = self.ended.popleft()
            self.session_socket_read()
            raw = icmpecho._Completion.from_buffer_copy(one)
            del self.in_flight[raw.id]
            records += one
            count += 1
        if self.ended and at_most and not count:
            return self.fail(errno.ENOSPC)
        ctypes.memmove(buffer, records, len(records))
        return count

    def session_socket_read(self) -> None:
        os.read(self.session.fileno(), 1)

    def icmpecho_cancel(self, handle: int, request_id: int) -> int:
        if request_id not in self.in_flight:
            return self.fail(errno.ENOENT)
        self.end(request_id, status=Status.CANCELLED)
        return 0

    def icmpecho_cancel_all(self, handle: int) -> int:
        waiting = [icmpecho._Completion.from_buffer_copy(one).id for one in self.ended]
        cancelled = [one for one in self.in_flight if one not in waiting]
        for one in cancelled:
            self.end(one, status=Status.CANCELLED)
        return len(cancelled)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    one = Kernel()
    yield one
    one.session.close()
    one.ours.close()


# What is the same in C

STRUCTURES = {"icmpecho_echo": icmpecho._Echo, "icmpecho_completion": icmpecho._Completion,
              "icmpecho_info": icmpecho._Info}


def constants() -> Dict[str, int]:
    """The numbers that the module has, by their names in C."""
    numbers = {"ICMPECHO_STATUS_" + name: int(one) for name, one in Status.__members__.items()}
    for flag in icmpecho.Flags:
        numbers["ICMPECHO_" + str(flag.name)] = int(flag)
    for feature in icmpecho.Features:
        numbers["ICMPECHO_FEATURE_" + str(feature.name)] = int(feature)
    numbers["ICMPECHO_LOCAL"] = icmpecho._LOCAL
    numbers["ICMPECHO_ANSWER_DF"] = icmpecho._ANSWER_DF
    numbers["ICMPECHO_FOREVER"] = icmpecho._FOREVER
    numbers["ICMPECHO_MAX_OPTIONS_LEN"] = icmpecho._MAX_OPTIONS_LEN
    return numbers


def expressions() -> Dict[str, int]:
    """Expressions of C, and the value that each should have."""
    values = constants()
    for name, structure in STRUCTURES.items():
        values[f"sizeof(struct {name})"] = ctypes.sizeof(structure)
        for field, *_ in structure._fields_:
            values[f"offsetof(struct {name}, {field})"] = getattr(structure, field).offset
            values[f"sizeof(((struct {name} *)0)->{field})"] = getattr(structure, field).size
    capacity = Echo("::1", bytes(1001))._record_len()
    values["ICMPECHO_RECORD_LEN(1001)"] = capacity
    return values


def test_structures_and_numbers_are_those_of_the_header(tmp_path: pathlib.Path) -> None:
    values = expressions()
    lines = "".join(f'printf("%llu %s\\n", (unsigned long long)({one}), "{one}");\n'
                    for one in values)
    source = tmp_path / "layout.c"
    source.write_text("#include <stddef.h>\n#include <stdio.h>\n#include <icmpecho.h>\n"
                      f"int main(void)\n{{\n{lines}return 0;\n}}\n")
    # Not $CC, which may build for another machine than the one that runs Python.
    subprocess.run(["cc", f"-I{USERLIB}/include", f"-I{USERLIB.parent}/uapi", "-o",
                    tmp_path / "layout", source], check=True)
    printed = subprocess.run([tmp_path / "layout"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    found = dict(line.split(" ", 1)[::-1] for line in printed.splitlines())
    assert found == {name: str(value) for name, value in values.items()}


def test_no_status_or_feature_of_the_header_is_left_out() -> None:
    names = re.findall(r"^#define (ICMPECHO_(?:STATUS|FEATURE)_\w+)", HEADER.read_text(), re.M)
    assert names and not set(names) - set(constants())


def test_each_function_of_the_library_is_used() -> None:
    exported = re.findall(r"^\ticmpecho_(\w+);", (USERLIB / "icmpecho.map").read_text(), re.M)
    in_python = {"echo_ipv4", "echo_ipv6", "echo_sockaddr", "echo_set_options",
                 "completion_from"}
    assert set(icmpecho._PROTOTYPES) == set(exported) - in_python


def test_soname_is_that_of_this_version() -> None:
    text = (USERLIB.parent / "module/version.mk").read_text()
    found = re.search(r"^ICMPECHO_VERSION := ((\d+).*)", text, re.M)
    assert found and icmpecho.SONAME == f"libicmpecho.so.{found[2]}"
    assert icmpecho.version() == found[1]


# The library

def test_library_that_is_missing_is_named() -> None:
    with pytest.raises(icmpecho.LibraryError, match="/nowhere/lib.so.*ICMPECHO_LIBRARY"):
        icmpecho.load("/nowhere/lib.so")


def test_other_library_is_refused() -> None:
    with pytest.raises(icmpecho.LibraryError, match="icmpecho_open"):
        icmpecho.load("libc.so.6")
    assert icmpecho.version()


def test_environment_names_the_library() -> None:
    environment = {**os.environ, "ICMPECHO_LIBRARY": "/nowhere/lib.so",
                   "PYTHONPATH": str(USERLIB / "python")}
    command = [sys.executable, "-c", "import icmpecho; icmpecho.version()"]
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "/nowhere/lib.so" in done.stderr


# Sessions and errors

@pytest.mark.skipif(not NO_DEVICE, reason="there is a device")
def test_device_that_is_missing_is_named() -> None:
    with pytest.raises(icmpecho.NotLoadedError) as caught:
        Session()
    assert isinstance(caught.value, (icmpecho.OpenError, FileNotFoundError))
    assert caught.value.errno == errno.ENOENT
    words = icmpecho._loaded().icmpecho_strerror_open(errno.ENOENT).decode()
    assert words.startswith("/dev/icmpecho does not exist: load the module")
    assert caught.value.strerror == words
    with pytest.raises(icmpecho.NotLoadedError):
        icmpecho.ping("127.0.0.1")


@pytest.mark.parametrize("number, kind", [
    (errno.ENODEV, icmpecho.NotLoadedError), (errno.ENXIO, icmpecho.NotLoadedError),
    (errno.EACCES, icmpecho.ForbiddenError), (errno.EPERM, icmpecho.ForbiddenError),
    (errno.EMFILE, icmpecho.OpenError),
])
def test_errors_of_open_have_kinds_and_words(number: int, kind: type) -> None:
    library = icmpecho._loaded()
    error = icmpecho._open_error(library, number)
    assert type(error) is kind and isinstance(error, OSError) and error.errno == number
    assert error.strerror == library.icmpecho_strerror_open(number).decode()


def test_other_device_is_refused() -> None:
    with Session(os.open("/dev/null", os.O_RDWR)) as session:
        calls: List[Callable[[], Any]] = [
            session.info, session.cancel_all, session.reap,
            lambda: session.send(Echo("127.0.0.1")), lambda: session.submit([Echo("127.0.0.1")]),
            lambda: session.cancel(1), lambda: session.pace(0.1),
            lambda: session.set_eventfd(-1),
            lambda: list(session.exchange([Echo("127.0.0.1")]))]
        for call in calls:
            with pytest.raises(icmpecho.Error, match="not an icmpecho device") as caught:
                call()
            assert caught.value.errno == errno.ENOTTY


def test_descriptor_that_is_none_is_refused() -> None:
    with pytest.raises(icmpecho.Error) as caught:
        Session(-1)
    assert caught.value.errno == errno.EBADF


def test_session_owns_its_descriptor() -> None:
    fd = os.open("/dev/null", os.O_RDWR)
    with Session(fd) as session:
        assert session.fileno() == fd and not session.closed
    assert session.closed
    with pytest.raises(OSError):
        os.fstat(fd)
    session.close()


def test_closed_session_says_so() -> None:
    session = Session(os.open("/dev/null", os.O_RDWR))
    session.close()
    calls: List[Callable[[], Any]] = [session.fileno, session.info, session.reap,
                                      lambda: session.send(Echo("127.0.0.1"))]
    for call in calls:
        with pytest.raises(ValueError, match="closed"):
            call()


def test_forgotten_session_warns_and_is_closed() -> None:
    fd = os.open("/dev/null", os.O_RDWR)
    session = Session(fd)
    with pytest.warns(ResourceWarning):
        del session
    with pytest.raises(OSError):
        os.fstat(fd)


# Requests

def memory(address: int, size: int) -> bytes:
    return ctypes.string_at(address, size)


def test_request_has_what_was_asked_for() -> None:
    echo = Echo("192.0.2.1", b"pay\0load", timeout=1.5, src="192.0.2.9", ttl=3, tos=8,
                ifindex=2, mark=5, flags=icmpecho.Flags.NEED_ROUTE | icmpecho.Flags.QUOTE,
                options=b"\7\7\4\0\0\0\0\0", max_replies=2, user_data=2**64 - 1)
    raw = echo._raw(echo.user_data)
    assert bytes(raw.dst) == bytes([192, 0, 2, 1]) + bytes(12)
    assert bytes(raw.src) == bytes([192, 0, 2, 9]) + bytes(12)
    assert memory(raw.payload, raw.payload_len) == echo.payload
    assert memory(raw.options, raw.options_len) == echo.options
    found = [getattr(raw, name) for name in
             ("family", "timeout_ns", "ttl", "tos", "ifindex", "mark", "flags", "max_replies",
              "user_data", "reply_capacity", "scope_id", "eventfd", "reserved")]
    assert found == [socket.AF_INET, 1500000000, 3, 8, 2, 5, 12, 2, 2**64 - 1, 8, 0, 0, 0]


def test_request_without_bytes_points_nowhere() -> None:
    raw = Echo("::1", b"", reply_capacity=9)._raw(0)
    assert (raw.payload, raw.payload_len, raw.options, raw.options_len) == (0, 0, 0, 0)
    assert raw.reply_capacity == 9 and raw.family == socket.AF_INET6
    assert bytes(raw.dst) == socket.inet_pton(socket.AF_INET6, "::1")


@pytest.mark.parametrize("scope", ["lo", str(socket.if_nametoindex("lo"))])
def test_request_has_the_scope_of_its_destination(scope: str) -> None:
    assert Echo(f"fe80::1%{scope}")._raw(0).scope_id == socket.if_nametoindex("lo")


@pytest.mark.parametrize("members", [
    {"ttl": 256}, {"ttl": -1}, {"tos": 256}, {"mark": 2**32}, {"ifindex": -1},
    {"max_replies": 65536}, {"reply_capacity": 2**32}, {"user_data": 2**64},
    {"timeout": -1.0}, {"timeout": float("nan")}, {"flags": -1}, {"options": bytes(65536)},
    {"src": "::1"}, {"src": "here"},
], ids=lambda members: "_".join(members))
def test_request_that_cannot_be_is_refused(members: Dict[str, Any]) -> None:
    echo = Echo("192.0.2.1", **members)
    with pytest.raises(ValueError):
        echo._raw(echo.user_data)


def test_timeout_may_be_for_ever() -> None:
    assert Echo("::1", timeout=float("inf"))._raw(0).timeout_ns == icmpecho._FOREVER


@pytest.mark.parametrize("dst", ["localhost", "", "192.0.2", "192.0.2.1/24", "::1::"])
def test_name_is_no_address(dst: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Echo(dst)._raw(0)


def test_interface_that_is_missing_is_an_error() -> None:
    with pytest.raises(OSError):
        Echo("fe80::1%nowhere0")._raw(0)


def test_payload_is_bytes() -> None:
    with pytest.raises(TypeError):
        Echo("192.0.2.1", "text")._raw(0)  # type: ignore[arg-type]


def test_names_are_resolved() -> None:
    assert icmpecho.resolve("localhost", socket.AF_INET) == "127.0.0.1"
    assert icmpecho.resolve("fe80::1%lo") == "fe80::1%lo"
    assert icmpecho.resolve("::1", socket.AF_INET6) == "::1"
    with pytest.raises(socket.gaierror):
        icmpecho.resolve("::1", socket.AF_INET)
    with pytest.raises(socket.gaierror):
        icmpecho.resolve("no-such-host.invalid")


# Completions

def test_reply_has_all_that_came_with_it() -> None:
    one, = read(record(sender="192.0.2.1", data=b"1234567", options=b"\7\3\4", wire_len=9,
                       rtt_ns=1500000, received_ns=1700000000 * 10**9, id=5, ifindex=2, ttl=63,
                       tos=4, flags=icmpecho._ANSWER_DF))
    assert one == Completion(
        status=Status.SUCCESS, user_data=7, id=5, sender="192.0.2.1", rtt_ns=1500000,
        received_ns=1700000000 * 10**9, data=b"1234567", wire_len=9, options=b"\7\3\4",
        ifindex=2, info=0, error=0, type=0, code=0, ttl=63, tos=4, dont_fragment=True,
        words="reply")
    assert one.rtt == 0.0015 and one.answered and one.truncated and one.answers == (one,)
    assert str(one) == "reply from 192.0.2.1 after 1.500 ms"


ENDS: List[Tuple[Dict[str, Any], Outcome, str]] = [
    (dict(sender="192.0.2.1", rtt_ns=1000000), Outcome.REPLY,
     "reply from 192.0.2.1 after 1.000 ms"),
    (dict(status=Status.HOP_LIMIT_EXCEEDED, sender="fe80::9%lo", type=3, rtt_ns=2000000),
     Outcome.ICMP_ERROR, "time to live expired in transit from fe80::9%lo after 2.000 ms"),
    (dict(status=Status.TIMED_OUT), Outcome.TIMED_OUT, "timed out"),
    (dict(status=Status.CANCELLED), Outcome.CANCELLED, "cancelled"),
    (dict(status=Status.GENERAL_FAILURE, error=errno.EPERM, flags=icmpecho._LOCAL),
     Outcome.NOT_SENT, "not sent: this host's firewall forbids it "),
    (dict(status=Status.DEST_NET_UNREACHABLE, error=errno.ENETUNREACH, flags=icmpecho._LOCAL),
     Outcome.NOT_SENT, "not sent: no route to network"),
    (dict(status=Status.BAD_OPTION, error=errno.EBADMSG, flags=icmpecho._LOCAL),
     Outcome.NOT_SENT, "not sent: malformed IP option"),
    (dict(status=12345), Outcome.NOT_SENT, "not sent: unknown status"),
]


@pytest.mark.parametrize("members, outcome, words", ENDS, ids=[one[2] for one in ENDS])
def test_ends_are_told_apart(members: Dict[str, Any], outcome: Outcome, words: str) -> None:
    one, = read(record(**members))
    assert one.outcome == outcome and str(one).startswith(words)
    assert one.status == members.get("status", Status.SUCCESS)
    has_answer = "sender" in members
    assert (one.rtt is not None) == (one.rtt_ns is not None) == has_answer
    assert (one.received_ns is not None) == has_answer
    assert one.answered == (outcome == Outcome.REPLY)


def test_each_status_has_words_of_the_library() -> None:
    for status in Status:
        one, = read(record(status=status))
        assert one.words == icmpecho._loaded().icmpecho_strstatus(status).decode()


def test_several_answers_are_kept() -> None:
    third = record(sender="192.0.2.3")
    second = record(sender="192.0.2.2")
    raw = icmpecho._Completion.from_buffer_copy(second)
    raw.next = raw.record_len  # the third follows it, but is not part of it
    second = bytes(raw) + second[ctypes.sizeof(raw):]
    one, other = read(record(sender="192.0.2.1", data=b"x", following=second + third)
                      + record(8, sender="192.0.2.8"), 2)
    assert [answer.sender for answer in one.answers] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert one.data == b"x" and other.user_data == 8 and other.further == ()


@pytest.mark.parametrize("bytes_left", [0, 8, 95, 96])
def test_record_that_is_not_whole_is_an_error(bytes_left: int) -> None:
    with pytest.raises(icmpecho.Error) as caught:
        read(record(sender="192.0.2.1", data=b"12345678")[:bytes_left])
    assert caught.value.errno == errno.EBADMSG


def test_answer_that_is_not_whole_is_an_error() -> None:
    with pytest.raises(icmpecho.Error) as caught:
        read(record(sender="192.0.2.1", following=bytes(8)))
    assert caught.value.errno == errno.EBADMSG


# Many requests

def hosts(count: int) -> List[str]:
    return [f"192.0.2.{i % 250 + 1}" for i in range(count)]


def test_submit_returns_ids_and_stops_at_a_refused_one(kernel: Kernel) -> None:
    kernel.errors["192.0.2.3"] = errno.ENETUNREACH
    echoes = [Echo(host) for host in hosts(5)]
    assert kernel.session.submit(echoes) == [1, 2]
    with pytest.raises(icmpecho.Error, match="no route to network"):
        kernel.session.submit(echoes[2:])
    assert kernel.session.submit([]) == []


def test_no_room_is_an_error_of_its_own(kernel: Kernel) -> None:
    kernel.room = 0
    with pytest.raises(icmpecho.NoRoomError) as caught:
        kernel.session.submit([Echo("192.0.2.1")])
    assert isinstance(caught.value, BlockingIOError) and caught.value.errno == errno.EAGAIN


def test_reap_makes_room_for_a_large_completion(kernel: Kernel) -> None:
    kernel.session._buffer_len = 64
    kernel.session.submit([Echo(host) for host in hosts(3)])
    assert len(kernel.session.reap(at_least=3)) == 3
    assert kernel.session.reap(0) == []


@pytest.mark.parametrize("at_least, at_most", [(-1, 1), (2, 1), (0, 0), (0, 2**32)])
def test_reap_refuses_counts_that_cannot_be(kernel: Kernel, at_least: int, at_most: int) -> None:
    with pytest.raises(ValueError):
        kernel.session.reap(at_least, at_most)


def test_exchange_yields_each_request_once(kernel: Kernel) -> None:
    echoes = [Echo(host, user_data=i) for i, host in enumerate(hosts(1000))]
    found = list(kernel.session.exchange(echoes, window=10))
    assert kernel.most_in_flight == 10
    assert all(completion.user_data == echo.user_data and completion.sender == echo.dst
               for echo, completion in found)
    assert sorted(echo.user_data for echo, _ in found) == list(range(1000))


def test_exchange_tells_what_was_not_sent(kernel: Kernel) -> None:
    kernel.errors["192.0.2.2"] = errno.ENETUNREACH
    found = {echo.dst: completion for echo, completion
             in kernel.session.exchange(Echo(host, user_data=9) for host in hosts(3))}
    assert len(found) == 3 and found["192.0.2.3"].answered
    refused = found["192.0.2.2"]
    assert refused.outcome == Outcome.NOT_SENT and refused.error == errno.ENETUNREACH
    assert str(refused) == "not sent: no route to network"
    assert refused.rtt is None and refused.user_data == 9


def test_exchange_waits_for_room(kernel: Kernel) -> None:
    kernel.room = 3
    assert len(list(kernel.session.exchange(map(Echo, hosts(100))))) == 100
    assert kernel.most_in_flight == 3


def test_exchange_does_not_wait_for_room_that_cannot_come(kernel: Kernel) -> None:
    kernel.room = 0
    with pytest.raises(icmpecho.NoRoomError):
        next(kernel.session.exchange([Echo("192.0.2.1")]))


def test_exchange_that_ends_early_cancels_the_rest(kernel: Kernel) -> None:
    kernel.silent = ["192.0.2.1"]
    loop = kernel.session.exchange(map(Echo, hosts(5)))
    next(loop)
    assert kernel.in_flight
    loop.close()  # type: ignore[attr-defined]
    assert not kernel.in_flight and kernel.session.reap(0) == []


def test_exchange_of_nothing_ends(kernel: Kernel) -> None:
    assert list(kernel.session.exchange([])) == []
    with pytest.raises(ValueError):
        kernel.session.exchange([Echo("::1")], window=0)


# asyncio

def test_coroutines_resolve_names(kernel: Kernel) -> None:
    async def run() -> Completion:
        async with icmpecho.AsyncSession(kernel.session) as session:
            return await session.ping("localhost", family=socket.AF_INET)

    assert asyncio.run(run()).sender == "127.0.0.1"


def test_coroutines_get_their_own_answers_by_few_calls(kernel: Kernel) -> None:
    async def run() -> List[Completion]:
        async with icmpecho.AsyncSession(kernel.session) as session:
            return await asyncio.gather(
                *(session.send(Echo(host, user_data=i)) for i, host in enumerate(hosts(200))))

    found = asyncio.run(run())
    assert [one.sender for one in found] == hosts(200)
    assert [one.user_data for one in found] == list(range(200))
    assert kernel.batches == [64, 64, 64, 8] and kernel.session.closed


def test_coroutine_of_a_refused_request_gets_the_error(kernel: Kernel) -> None:
    kernel.errors["192.0.2.2"] = errno.EHOSTUNREACH

    async def run() -> List[Any]:
        async with icmpecho.AsyncSession(kernel.session) as session:
            return await asyncio.gather(*map(session.ping, hosts(3)), return_exceptions=True)

    first, second, third = asyncio.run(run())
    assert first.answered and third.answered
    assert type(second) is icmpecho.Error and second.errno == errno.EHOSTUNREACH


def test_coroutine_of_a_request_that_cannot_be_gets_the_error(kernel: Kernel) -> None:
    async def run() -> None:
        async with icmpecho.AsyncSession(kernel.session) as session:
            with pytest.raises(ValueError):
                await session.send(Echo("192.0.2.1", ttl=256))
            assert (await session.ping("192.0.2.1")).answered

    asyncio.run(run())


def test_coroutines_wait_for_room(kernel: Kernel) -> None:
    kernel.room = 3

    async def run() -> List[Completion]:
        async with icmpecho.AsyncSession(kernel.session) as session:
            return await asyncio.gather(*map(session.ping, hosts(100)))

    assert len(asyncio.run(run())) == 100
    assert kernel.most_in_flight == 3


def test_coroutines_wait_for_memory_only_if_it_can_come(kernel: Kernel) -> None:
    kernel.silent = ["192.0.2.1"]

    async def run() -> None:
        async with icmpecho.AsyncSession(kernel.session) as session:
            kernel.errors["192.0.2.2"] = errno.EDQUOT
            with pytest.raises(icmpecho.NoRoomError):
                await session.ping("192.0.2.2")
            first = asyncio.ensure_future(session.ping("192.0.2.1"))
            second = asyncio.ensure_future(session.ping("192.0.2.2"))
            await asyncio.sleep(0.05)
            assert not first.done() and not second.done()
            kernel.errors.clear()
            kernel.end(1, sender="192.0.2.1")
            assert (await first).answered and (await second).answered

    asyncio.run(run())


def test_coroutine_that_is_cancelled_cancels_its_request(kernel: Kernel) -> None:
    kernel.silent = ["192.0.2.1"]

    async def run() -> None:
        async with icmpecho.AsyncSession(kernel.session) as session:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(session.ping("192.0.2.1"), 0.05)
            assert (await session.ping("192.0.2.2")).answered
            assert not kernel.in_flight

    asyncio.run(run())


def test_coroutine_that_is_cancelled_before_its_turn_sends_nothing(kernel: Kernel) -> None:
    async def run() -> None:
        async with icmpecho.AsyncSession(kernel.session) as session:
            task = asyncio.ensure_future(session.send(Echo("192.0.2.1")))
            asyncio.get_running_loop().call_soon(task.cancel)
            kernel.room = 0
            with pytest.raises(asyncio.CancelledError):
                await task
            kernel.room = 1
            assert (await session.ping("192.0.2.2")).id == 1

    asyncio.run(run())


def test_close_tells_coroutines_that_wait(kernel: Kernel) -> None:
    kernel.silent = ["192.0.2.1"]

    async def run() -> None:
        session = icmpecho.AsyncSession(kernel.session)
        task = asyncio.ensure_future(session.ping("192.0.2.1"))
        await asyncio.sleep(0.05)
        session.close()
        with pytest.raises(icmpecho.Error) as caught:
            await task
        assert caught.value.errno == errno.ECANCELED
        with pytest.raises(ValueError):
            await session.ping("192.0.2.1")

    asyncio.run(run())


def test_session_wakes_poll(kernel: Kernel) -> None:
    """What the tests of this file with asyncio rely on."""
    poll = select.poll()
    poll.register(kernel.session, select.POLLIN)
    assert not poll.poll(0)
    kernel.session.submit([Echo("192.0.2.1")])
    assert poll.poll(0)
