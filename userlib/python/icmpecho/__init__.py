# SPDX-License-Identifier: MIT
"""ICMP echo requests through /dev/icmpecho, by the library libicmpecho.

    >>> import icmpecho
    >>> answer = icmpecho.ping("192.0.2.1")
    >>> print(answer.words, answer.rtt)
    reply 0.000412

ping() sends one echo request and waits. A Session sends many: exchange() goes through
requests of any number, submit() and reap() are its parts. AsyncSession is for asyncio.

However a request ends, it ends with a Completion, whose outcome says how: a reply, an
ICMP error, a timeout, "not sent" (this host's firewall forbids it, or there is no route),
or a cancellation. Only a reply and an ICMP error have a round-trip time: rtt is None
otherwise. A request that the kernel refuses raises an Error, an OSError with the words of
the library.

Times are in seconds, but those whose names end in _ns. Addresses are text: "192.0.2.1",
"2001:db8::1", "fe80::1%eth0"; resolve() makes one of a host's name.

The library is loaded at the first call: by the name libicmpecho.so.0, or from the path in
the environment variable ICMPECHO_LIBRARY, or from the one that load() gets.

Threads may use a Session at once, but for close(). After fork() only one of the two
processes may go on with it.
"""

from __future__ import annotations

import asyncio
import collections
import ctypes
import dataclasses
import enum
import errno
import functools
import itertools
import os
import select
import socket
import warnings
from types import TracebackType
from typing import Any, Deque, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Type

__all__ = [
    "AsyncSession", "Completion", "Echo", "Error", "Features", "Flags", "ForbiddenError",
    "Info", "LibraryError", "NoRoomError", "NotLoadedError", "OpenError", "Outcome", "Session",
    "Status", "load", "ping", "resolve", "version",
]

SONAME = "libicmpecho.so.0"
BATCH = 64  # requests or completions per call


class Error(OSError):
    """A call of the library that failed: errno, and the library's words for it."""


class OpenError(Error):
    """The device cannot be opened. The words name the likely cause and its cure."""


class NotLoadedError(OpenError, FileNotFoundError):
    """The kernel module is not loaded, or this /dev lacks its node."""


class ForbiddenError(OpenError, PermissionError):
    """The node's mode, a device cgroup, a sandbox or a security module forbids it."""


class NoRoomError(Error, BlockingIOError):
    """The kernel accepts no more requests now: a limit is reached, or a queue is full."""


class LibraryError(OSError):
    """The shared library cannot be loaded."""


class Status(enum.IntEnum):
    """How a request ended, as <linux/icmpecho.h> has it."""

    SUCCESS = 0
    DEST_NET_UNREACHABLE = 11002
    DEST_HOST_UNREACHABLE = 11003
    DEST_PROT_UNREACHABLE = 11004
    DEST_PORT_UNREACHABLE = 11005
    NO_RESOURCES = 11006
    BAD_OPTION = 11007
    PACKET_TOO_BIG = 11009
    TIMED_OUT = 11010
    BAD_ROUTE = 11012
    TTL_EXPIRED_TRANSIT = 11013
    TTL_EXPIRED_REASSEMBLY = 11014
    PARAMETER_PROBLEM = 11015
    DEST_UNREACHABLE = 11040
    TIME_EXCEEDED = 11041
    BAD_HEADER = 11042
    ICMP_ERROR = 11044
    DEST_SCOPE_MISMATCH = 11045
    GENERAL_FAILURE = 11050
    DEST_NO_ROUTE = 11002
    DEST_ADDR_UNREACHABLE = 11003
    DEST_PROHIBITED = 11004
    HOP_LIMIT_EXCEEDED = 11013
    REASSEMBLY_TIME_EXCEEDED = 11014
    CANCELLED = 11300


class Outcome(enum.Enum):
    """How a request ended, in general."""

    REPLY = "reply"
    ICMP_ERROR = "ICMP error"
    TIMED_OUT = "timed out"
    NOT_SENT = "not sent"
    CANCELLED = "cancelled"


class Flags(enum.IntFlag):
    """Flags of an Echo."""

    DONT_FRAGMENT = 1 << 0  # and ignore the cached path MTU
    NEED_ROUTE = 1 << 2  # raise an Error if there is no route
    QUOTE = 1 << 3  # keep the bytes that an ICMP error quotes as the completion's data


class Features(enum.IntFlag):
    """What the kernel module can do."""

    IPV4 = 1 << 0
    IPV6 = 1 << 1
    OPTIONS = 1 << 2
    MANY_REPLIES = 1 << 3
    PACING = 1 << 4


# Flags of a completion
_LOCAL = 1 << 1
_ANSWER_DF = 1 << 2

_FOREVER = 2**64 - 1
_MAX_OPTIONS_LEN = 40

_u8, _u16, _u32, _u64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64


class _Echo(ctypes.Structure):
    """struct icmpecho_echo"""

    _fields_ = [
        ("user_data", _u64), ("payload", _u64), ("options", _u64), ("timeout_ns", _u64),
        ("id", _u64), ("dst", _u8 * 16), ("src", _u8 * 16), ("flags", _u32),
        ("payload_len", _u32), ("reply_capacity", _u32), ("ifindex", _u32), ("scope_id", _u32),
        ("mark", _u32), ("eventfd", ctypes.c_int32), ("family", _u16), ("options_len", _u16),
        ("max_replies", _u16), ("ttl", _u8), ("tos", _u8), ("reserved", _u32),
    ]


class _Completion(ctypes.Structure):
    """struct icmpecho_completion"""

    _fields_ = [
        ("record_len", _u32), ("status", _u32), ("user_data", _u64), ("id", _u64),
        ("rtt_ns", _u64), ("received_ns", _u64), ("from", _u8 * 16), ("ifindex", _u32),
        ("scope_id", _u32), ("info", _u32), ("data_len", _u32), ("wire_len", _u32),
        ("error", ctypes.c_int32), ("header_len", _u16), ("options_len", _u16),
        ("family", _u16), ("flags", _u16), ("type", _u8), ("code", _u8), ("ttl", _u8),
        ("tos", _u8), ("next", _u32),
    ]


class _Info(ctypes.Structure):
    """struct icmpecho_info"""

    _fields_ = [
        ("size", _u32), ("abi_version", _u32), ("features", _u64), ("max_timeout_ns", _u64),
        ("max_user_bytes", _u64), ("max_payload", _u32), ("max_requests", _u32),
        ("max_payload6", _u32), ("reserved", _u32),
    ]


_handle_p = ctypes.c_void_p
_echo_p = ctypes.POINTER(_Echo)
_record_p = ctypes.POINTER(_Completion)
_int, _size, _char_p = ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
_PROTOTYPES: Dict[str, Tuple[Any, List[Any]]] = {
    "open": (_handle_p, []),
    "from_fd": (_handle_p, [_int]),
    "close": (None, [_handle_p]),
    "get_fd": (_int, [_handle_p]),
    "get_info": (_int, [_handle_p, ctypes.POINTER(_Info)]),
    "send": (_int, [_handle_p, _echo_p, ctypes.c_void_p, _size, ctypes.POINTER(_u64)]),
    "submit": (_int, [_handle_p, _echo_p, _u32]),
    "reap": (_int, [_handle_p, ctypes.c_void_p, _size, _u32, _u32, _u64]),
    "deadline_ns": (_u64, [_u64]),
    "cancel": (_int, [_handle_p, _u64]),
    "cancel_all": (_int, [_handle_p]),
    "pace": (_int, [_handle_p, _u64, _u32]),
    "set_eventfd": (_int, [_handle_p, _int]),
    "next_completion": (_record_p, [ctypes.c_void_p, _size, _record_p]),
    "next_answer": (_record_p, [_record_p, _record_p]),
    "completion_data": (ctypes.c_void_p, [_record_p]),
    "completion_options": (ctypes.c_void_p, [_record_p]),
    "strstatus": (_char_p, [_u32]),
    "strerror": (_char_p, [_int]),
    "strerror_open": (_char_p, [_int]),
    "version": (_char_p, []),
}

_library: Optional[ctypes.CDLL] = None


def load(path: Optional[str] = None) -> None:
    """Load the library, from this path if there is one; for what is called from now on.

    A Session goes on with the library that it was made with.
    """
    global _library
    name = path or os.environ.get("ICMPECHO_LIBRARY") or SONAME
    try:
        library = ctypes.CDLL(name, use_errno=True)
        for function, (result, arguments) in _PROTOTYPES.items():
            prototype = getattr(library, "icmpecho_" + function)
            prototype.restype = result
            prototype.argtypes = arguments
    except (OSError, AttributeError) as error:
        raise LibraryError(
            f"cannot load the library: {error}; install {SONAME}, "
            "or set ICMPECHO_LIBRARY to its path") from None
    _library = library


def _loaded() -> ctypes.CDLL:
    if _library is None:
        load()
    assert _library is not None
    return _library


def version() -> str:
    """The version of the library."""
    return _text(_loaded().icmpecho_version())


def _text(words: Optional[bytes]) -> str:
    return (words or b"").decode(errors="replace")


_NO_ROOM = (errno.EAGAIN, errno.EDQUOT, errno.ENOBUFS)
# Errors that no other request would be spared
_OF_THE_SESSION = (errno.ENOTTY, errno.E2BIG, errno.EBADF, errno.EFAULT, errno.ENOMEM)


def _error(library: ctypes.CDLL, number: int) -> Error:
    kind: Type[Error] = NoRoomError if number in _NO_ROOM else Error
    return kind(number, _text(library.icmpecho_strerror(number)))


def _open_error(library: ctypes.CDLL, number: int) -> OpenError:
    kind: Type[OpenError] = OpenError
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        kind = NotLoadedError
    elif number in (errno.EACCES, errno.EPERM):
        kind = ForbiddenError
    return kind(number, _text(library.icmpecho_strerror_open(number)))


def _nanoseconds(seconds: float) -> int:
    if not seconds >= 0:  # NaN, too
        raise ValueError(f"{seconds} seconds: a time cannot be negative")
    return _FOREVER if seconds >= _FOREVER / 1e9 else round(seconds * 1e9)


def resolve(host: str, family: int = socket.AF_UNSPEC) -> str:
    """The address of a host that is to be tried first, as getaddrinfo(3) says."""
    if _is_address(host, family):
        return host
    found = socket.getaddrinfo(host, None, family, socket.SOCK_DGRAM)
    return _address_of(found[0][4])


def _address_of(sockaddr: Sequence[Any]) -> str:
    address = str(sockaddr[0])
    scope_id = sockaddr[3] if len(sockaddr) > 3 else 0
    return f"{address}%{_scope_name(scope_id)}" if scope_id and "%" not in address else address


def _scope_name(scope_id: int) -> str:
    try:
        return socket.if_indextoname(scope_id)
    except OSError:
        return str(scope_id)


def _parse_address(address: str) -> Tuple[int, bytes, int]:
    """The family, the bytes and the scope of an address."""
    try:
        return socket.AF_INET, socket.inet_pton(socket.AF_INET, address), 0
    except OSError:
        pass
    host, _, scope = address.partition("%")
    try:
        packed = socket.inet_pton(socket.AF_INET6, host)
    except OSError:
        raise ValueError(
            f"{address!r} is not an address; resolve() makes one of a host's name") from None
    if not scope:
        return socket.AF_INET6, packed, 0
    return socket.AF_INET6, packed, int(scope) if scope.isdigit() else socket.if_nametoindex(scope)


def _is_address(host: str, family: int) -> bool:
    """Whether this needs no resolver, which may take its time."""
    try:
        found, _, _ = _parse_address(host)
    except ValueError:
        return False
    return family in (socket.AF_UNSPEC, found)


def _set(echo: _Echo, **members: int) -> None:
    """Set members, which ctypes would shorten if they are too large."""
    for name, value in members.items():
        setattr(echo, name, value)
        if getattr(echo, name) != value:
            raise ValueError(f"{name} cannot be {value}")


def _point_to(echo: _Echo, payload: bytes, options: bytes) -> None:
    """Point to bytes, which must stay alive until the request is sent."""
    echo.payload = ctypes.cast(_char_p(payload), ctypes.c_void_p).value if payload else 0
    echo.options = ctypes.cast(_char_p(options), ctypes.c_void_p).value if options else 0


@dataclasses.dataclass(frozen=True)
class Echo:
    """An echo request; 0 leaves a choice to the system.

    dst: the destination's address
    payload: bytes that follow the ICMP header
    timeout: how long to wait for an answer
    src: the source's address; "" for the one that the routing table chooses
    ttl: time to live or hop limit
    tos: type of service or traffic class
    ifindex: index of the interface to send through
    mark: firewall mark, which needs CAP_NET_RAW
    flags: Flags
    options: IPv4 options in the form of RFC 791; of source routes see <linux/icmpecho.h>
    max_replies: complete at so many answers, or at the timeout
    reply_capacity: bytes of a reply's payload to keep; None for the payload's length
    user_data: any number of 64 bits, which the completion has, too
    """

    dst: str
    payload: bytes = bytes(56)
    timeout: float = 1.0
    src: str = ""
    ttl: int = 0
    tos: int = 0
    ifindex: int = 0
    mark: int = 0
    flags: int = 0
    options: bytes = b""
    max_replies: int = 1
    reply_capacity: Optional[int] = None
    user_data: int = 0

    def _raw(self, user_data: int) -> _Echo:
        """The structure, which points to bytes of this object."""
        echo = _Echo()
        family, dst, scope_id = _parse_address(self.dst)
        echo.dst[:len(dst)] = list(dst)
        if self.src:
            src_family, src, _ = _parse_address(self.src)
            if src_family != family:
                raise ValueError(f"{self.src} and {self.dst} are of different families")
            echo.src[:len(src)] = list(src)
        for part in self.payload, self.options:
            if not isinstance(part, bytes):
                raise TypeError(f"payload and options are bytes, not {type(part).__name__}")
        _point_to(echo, self.payload, self.options)
        _set(echo, user_data=user_data, timeout_ns=_nanoseconds(self.timeout), family=family,
             scope_id=scope_id, flags=self.flags, payload_len=len(self.payload),
             reply_capacity=self._capacity(), ifindex=self.ifindex, mark=self.mark,
             options_len=len(self.options), max_replies=self.max_replies, ttl=self.ttl,
             tos=self.tos)
        return echo

    def _capacity(self) -> int:
        return len(self.payload) if self.reply_capacity is None else self.reply_capacity

    def _record_len(self) -> int:
        """Bytes that are enough for the record of the completion."""
        one = ctypes.sizeof(_Completion) + _MAX_OPTIONS_LEN + self._capacity()
        return (one + 7) // 8 * 8 * max(self.max_replies, 1)


@dataclasses.dataclass(frozen=True)
class Completion:
    """How one request ended.

    status: a Status, or a number that is not known here
    user_data: as given in the Echo
    id: as returned by submit()
    sender: the host that answered: the destination, or the router that sent an error; None
        without an answer
    rtt_ns: the round-trip time in nanoseconds, measured in the kernel; None without an answer
    received_ns: when the answer arrived, as time.time_ns() has it; None without an answer
    data: bytes that the answer carried, up to the reply_capacity
    wire_len: how many it carried on the wire
    options: IP options of the answer
    ifindex: index of the interface on which the answer arrived
    info: next-hop MTU of a "fragmentation needed", pointer of a parameter problem, else 0
    error: errno, if sending failed on this host, else 0
    type, code, ttl, tos: of the answer
    dont_fragment: whether the answer came with the IPv4 DF bit set
    words: how it ended, in the words of the library
    further: the other answers to the same request, if it has max_replies
    """

    status: int
    user_data: int
    id: int
    sender: Optional[str]
    rtt_ns: Optional[int]
    received_ns: Optional[int]
    data: bytes
    wire_len: int
    options: bytes
    ifindex: int
    info: int
    error: int
    type: int
    code: int
    ttl: int
    tos: int
    dont_fragment: bool
    words: str
    further: Tuple[Completion, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """How it ended, in general."""
        if self.status == Status.SUCCESS:
            return Outcome.REPLY
        if self.sender is not None:
            return Outcome.ICMP_ERROR
        if self.status == Status.TIMED_OUT:
            return Outcome.TIMED_OUT
        if self.status == Status.CANCELLED:
            return Outcome.CANCELLED
        return Outcome.NOT_SENT

    @property
    def answered(self) -> bool:
        """Whether this is a reply."""
        return self.status == Status.SUCCESS

    @property
    def rtt(self) -> Optional[float]:
        """The round-trip time in seconds; None without an answer."""
        return None if self.rtt_ns is None else self.rtt_ns / 1e9

    @property
    def truncated(self) -> bool:
        """Whether the answer carried more data than the reply_capacity."""
        return len(self.data) < self.wire_len

    @property
    def answers(self) -> Tuple[Completion, ...]:
        """This answer and the further ones."""
        return (self, *self.further)

    def __str__(self) -> str:
        if self.rtt is not None:
            return f"{self.words} from {self.sender} after {self.rtt * 1000:.3f} ms"
        if self.outcome == Outcome.NOT_SENT:
            return f"not sent: {self.words}"
        return self.words


def _status(number: int) -> int:
    try:
        return Status(number)
    except ValueError:
        return number


def _words(library: ctypes.CDLL, record: _Completion) -> str:
    # EBADMSG is the errno of a malformed option here, of a malformed record elsewhere.
    if record.flags & _LOCAL and record.error != errno.EBADMSG:
        return _text(library.icmpecho_strerror(record.error))
    return _text(library.icmpecho_strstatus(record.status))


def _sender(record: _Completion) -> Optional[str]:
    packed = bytes(getattr(record, "from"))
    if not any(packed):
        return None
    if record.family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, packed[:4])
    address = socket.inet_ntop(socket.AF_INET6, packed)
    return f"{address}%{_scope_name(record.scope_id)}" if record.scope_id else address


def _completion(library: ctypes.CDLL, pointer: Any,
                further: Tuple[Completion, ...] = ()) -> Completion:
    record: _Completion = pointer.contents
    sender = _sender(record)
    data: bytes = ctypes.string_at(library.icmpecho_completion_data(pointer), record.data_len)
    options: bytes = ctypes.string_at(library.icmpecho_completion_options(pointer),
                                      record.options_len)
    return Completion(
        status=_status(record.status), user_data=record.user_data, id=record.id, sender=sender,
        rtt_ns=None if sender is None else record.rtt_ns,
        received_ns=None if sender is None else record.received_ns, data=data,
        wire_len=record.wire_len, options=options, ifindex=record.ifindex, info=record.info,
        error=record.error, type=record.type, code=record.code, ttl=record.ttl, tos=record.tos,
        dont_fragment=bool(record.flags & _ANSWER_DF), words=_words(library, record),
        further=further)


def _read_records(library: ctypes.CDLL, buffer: Any, count: int) -> List[Completion]:
    """The completions in a buffer, whose lengths the library checks."""
    completions = []
    pointer = None
    for _ in range(count):
        pointer = library.icmpecho_next_completion(buffer, ctypes.sizeof(buffer), pointer)
        if not pointer:
            raise _error(library, ctypes.get_errno())
        further = []
        answer = library.icmpecho_next_answer(pointer, pointer)
        while answer:
            further.append(_completion(library, answer))
            answer = library.icmpecho_next_answer(pointer, answer)
        if ctypes.get_errno() == errno.EBADMSG:
            raise _error(library, errno.EBADMSG)
        completions.append(_completion(library, pointer, tuple(further)))
    return completions


def _new_buffer(size: int) -> Any:
    """Aligned to 8 bytes."""
    return (_u64 * ((size + 7) // 8))()


@dataclasses.dataclass(frozen=True)
class Info:
    """What the kernel module can do, and its limits.

    abi_version: version of the interface to the kernel
    features: Features
    max_timeout_ns: longest timeout of a request
    max_user_bytes: bytes of kernel memory that the requests of one user may take
    max_payload, max_payload6: longest payload of an IPv4 and of an IPv6 echo
    max_requests: requests that one session may have in flight and uncollected
    """

    abi_version: int
    features: Features
    max_timeout_ns: int
    max_user_bytes: int
    max_payload: int
    max_payload6: int
    max_requests: int


class Session:
    """An open session of /dev/icmpecho, in the network namespace of the caller.

    Close it by close() or "with". fileno() is for poll(2) and the like.
    """

    _handle: Optional[int] = None  # also while __init__() has not got one
    _buffer_len = BATCH * 256  # doubled when a completion does not fit

    def __init__(self, fd: Optional[int] = None) -> None:
        """Open the device; or own this descriptor of it, which another process has opened."""
        self._library = _loaded()
        if fd is None:
            self._handle = self._library.icmpecho_open()
            if self._handle is None:
                raise _open_error(self._library, ctypes.get_errno())
        else:
            self._handle = self._library.icmpecho_from_fd(fd)
            if self._handle is None:
                raise _error(self._library, ctypes.get_errno())

    def close(self) -> None:
        """End the session: the kernel drops its requests and completions."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._library.icmpecho_close(handle)

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""
        return self._handle is None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        if self._handle is not None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            self.close()

    def _call(self, function: str, *arguments: Any) -> int:
        """Call a function of the library, again if a signal ended it; Python's handler of
        the signal has run then, and may have raised an exception."""
        if self._handle is None:
            raise ValueError("the session is closed")
        while True:
            result: int = getattr(self._library, "icmpecho_" + function)(self._handle, *arguments)
            if result >= 0:
                return result
            number = ctypes.get_errno()
            if number != errno.EINTR:
                raise _error(self._library, number)

    def fileno(self) -> int:
        """The descriptor. POLLIN: reap() has something. POLLOUT: there is room for more."""
        return self._call("get_fd")

    def info(self) -> Info:
        """What the kernel module can do, and its limits."""
        info = _Info()
        self._call("get_info", ctypes.byref(info))
        return Info(
            abi_version=info.abi_version, features=Features(info.features),
            max_timeout_ns=info.max_timeout_ns, max_user_bytes=info.max_user_bytes,
            max_payload=info.max_payload, max_payload6=info.max_payload6,
            max_requests=info.max_requests)

    def send(self, echo: Echo) -> Completion:
        """Send one request and wait until it has ended."""
        raw = echo._raw(echo.user_data)
        buffer = _new_buffer(echo._record_len())
        request_id = _u64(0)
        wait = functools.partial(self._call, "send", ctypes.byref(raw), buffer,
                                 ctypes.sizeof(buffer), ctypes.byref(request_id))
        try:
            wait()
        except Error:
            raise
        except BaseException:  # by the handler of a signal: do not leave the request behind
            if request_id.value:
                self._abandon(request_id.value, wait)
            raise
        return _read_records(self._library, buffer, 1)[0]

    def _abandon(self, request_id: int, wait: Any) -> None:
        try:
            self.cancel(request_id)
        except Error:
            pass  # it has ended meanwhile
        wait()

    def submit(self, echoes: Sequence[Echo]) -> List[int]:
        """Send requests in this order, without waiting for answers.

        Returns the ids of those that the kernel has accepted. They are fewer than all if it
        has refused the next one: submit the rest to learn why. Raises an Error if it has
        accepted none: NoRoomError says that there is no room now.
        """
        kept = list(echoes)  # the structures point to bytes of these objects
        return self._submit([echo._raw(echo.user_data) for echo in kept])

    def _submit(self, echoes: Sequence[_Echo]) -> List[int]:
        array = (_Echo * len(echoes))(*echoes)
        accepted = self._call("submit", array, len(array)) if echoes else 0
        return [array[i].id for i in range(accepted)]

    def reap(self, at_least: int = 1, at_most: int = BATCH,
             timeout: Optional[float] = None) -> List[Completion]:
        """Collect completions of submitted requests, the oldest first.

        Waits until so many are there, or for so long; 0 does not wait, None waits forever.
        Returns fewer, possibly none, if the time has passed, or another thread took some.
        """
        # The kernel refuses what it cannot count.
        if not 0 <= at_least <= at_most or not 0 < at_most < 2**32:
            raise ValueError(f"cannot collect from {at_least} to {at_most} completions")
        deadline_ns = self._library.icmpecho_deadline_ns(
            _FOREVER if timeout is None else _nanoseconds(timeout))
        found: List[Completion] = []
        while True:
            found += self._reap(max(at_least - len(found), 0), at_most - len(found), deadline_ns)
            # A full buffer or a signal ends the kernel's wait early.
            if len(found) >= at_least or self._library.icmpecho_deadline_ns(0) >= deadline_ns:
                return found

    def _reap(self, at_least: int, at_most: int, deadline_ns: int) -> List[Completion]:
        while True:
            buffer = _new_buffer(self._buffer_len)
            try:
                count = self._call("reap", buffer, ctypes.sizeof(buffer), at_least, at_most,
                                   deadline_ns)
            except Error as error:
                if error.errno != errno.ENOSPC:
                    raise
                self._buffer_len = 2 * ctypes.sizeof(buffer)
            else:
                return _read_records(self._library, buffer, count)

    def exchange(self, echoes: Iterable[Echo],
                 window: int = 512) -> Iterator[Tuple[Echo, Completion]]:
        """Send requests, at most a window of them in flight, and yield each of them with its
        completion, in the order in which they end.

        A request that the kernel refuses is "not sent", too. The session is to be used for
        nothing else meanwhile. A loop that ends early cancels what is in flight.
        """
        return _Exchange(self, echoes, window).run()

    def cancel(self, request_id: int) -> None:
        """End a submitted request now: it completes as cancelled."""
        self._call("cancel", request_id)

    def cancel_all(self) -> int:
        """End all requests of the session now. Returns how many these were."""
        return self._call("cancel_all")

    def pace(self, interval: float, burst: int = 1) -> None:
        """Limit the rate: the time from one request to the next, on average, 0 for no limit;
        and how many may leave at once after a pause."""
        if not 0 <= burst < 2**32:
            raise ValueError(f"burst cannot be {burst}")
        self._call("pace", _nanoseconds(interval), burst)

    def set_eventfd(self, eventfd: int) -> None:
        """Have the kernel add 1 to this eventfd for each completion; -1 for none."""
        self._call("set_eventfd", eventfd)


def _refused(echo: Echo, error: Error) -> Completion:
    """The completion of a request that the kernel has refused."""
    return Completion(
        status=Status.GENERAL_FAILURE, user_data=echo.user_data, id=0, sender=None, rtt_ns=None,
        received_ns=None, data=b"", wire_len=0, options=b"", ifindex=0, info=0,
        error=error.errno or 0, type=0, code=0, ttl=0, tos=0, dont_fragment=False,
        words=error.strerror or "")


class _Exchange:
    """The requests of Session.exchange(): first next, then in flight."""

    def __init__(self, session: Session, echoes: Iterable[Echo], window: int) -> None:
        if window < 1:
            raise ValueError(f"a window of {window} lets no request through")
        self.session = session
        self.source = enumerate(echoes)
        self.window = window
        self.next: Deque[Tuple[Echo, _Echo]] = collections.deque()
        self.in_flight: Dict[int, Echo] = {}

    def run(self) -> Iterator[Tuple[Echo, Completion]]:
        try:
            while True:
                yield from self.submit_some()
                if not self.in_flight and not self.next:
                    return
                yield from self.reap_some()
        finally:
            self.drop()

    def room(self) -> int:
        return min(self.window - len(self.in_flight), BATCH)

    def take(self) -> None:
        """Have as many requests next as there is room for, if there are so many."""
        missing = max(self.room() - len(self.next), 0)
        for number, echo in itertools.islice(self.source, missing):
            self.next.append((echo, echo._raw(number)))

    def submit_some(self) -> Iterator[Tuple[Echo, Completion]]:
        self.take()
        batch = list(itertools.islice(self.next, self.room()))
        try:
            accepted = len(self.session._submit([raw for _, raw in batch]))
        except NoRoomError as error:
            if error.errno != errno.ENOBUFS and not self.in_flight:
                raise
            self.wait_for_room()
        except Error as error:
            if error.errno in _OF_THE_SESSION:
                raise
            echo, _ = self.next.popleft()
            yield echo, _refused(echo, error)
        else:
            for echo, raw in batch[:accepted]:
                self.next.popleft()
                self.in_flight[raw.user_data] = echo

    def wait_for_room(self) -> None:
        poll = select.poll()
        poll.register(self.session.fileno(), select.POLLIN | select.POLLOUT)
        poll.poll(100)

    def reap_some(self) -> Iterator[Tuple[Echo, Completion]]:
        """Waits for a completion only if no request can be sent now."""
        self.take()
        ended = self.session.reap(0 if self.next and self.room() else 1)
        # All of them before the first is yielded: the loop may end there.
        for echo, completion in [(self.in_flight.pop(one.user_data), one) for one in ended]:
            yield echo, dataclasses.replace(completion, user_data=echo.user_data)

    def drop(self) -> None:
        if not self.in_flight or self.session.closed:
            return
        self.session.cancel_all()
        while self.in_flight:
            for completion in self.session.reap():
                self.in_flight.pop(completion.user_data, None)


def ping(host: str, timeout: float = 1.0, payload: bytes = bytes(56), ttl: int = 0,
         family: int = socket.AF_UNSPEC) -> Completion:
    """Send one echo request to a host, by its name or address, and wait until it has ended.

    Raises socket.gaierror for a name that cannot be resolved.
    """
    echo = Echo(resolve(host, family), payload=payload, timeout=timeout, ttl=ttl)
    with Session() as session:
        return session.send(echo)


@dataclasses.dataclass(eq=False)
class _Waiting:
    """A request of an AsyncSession, and the coroutine that waits for it."""

    echo: Echo
    raw: _Echo
    future: asyncio.Future[Completion]
    id: int = 0


class AsyncSession:
    """A session for the running event loop of asyncio.

        async with icmpecho.AsyncSession() as session:
            answers = await asyncio.gather(*map(session.ping, hosts))

    Requests that coroutines begin in one turn of the loop are sent by one call. Where the
    kernel has no room, they wait for their turn; the timeout of each begins when it is sent.
    A coroutine that is cancelled cancels its request. The descriptor becomes non-blocking.
    """

    def __init__(self, session: Optional[Session] = None) -> None:
        """Own this session, or a new one."""
        self._loop = asyncio.get_running_loop()
        self._session = Session() if session is None else session
        self._fd = self._session.fileno()
        self._next: Deque[_Waiting] = collections.deque()
        self._in_flight: Dict[int, _Waiting] = {}
        self._numbers = itertools.count()
        self._is_flushing = False
        os.set_blocking(self._fd, False)
        self._loop.add_reader(self._fd, self._reap_some)

    async def __aenter__(self) -> AsyncSession:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        value: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        self.close()

    def close(self) -> None:
        """End the session: the coroutines that still wait get an Error, ECANCELED."""
        self._end(Error(errno.ECANCELED, "the session was closed"))

    @property
    def session(self) -> Session:
        """For info(), pace() and set_eventfd()."""
        return self._session

    async def send(self, echo: Echo) -> Completion:
        """Send one request and wait until it has ended."""
        if self._session.closed:
            raise ValueError("the session is closed")
        number = next(self._numbers)
        waiting = _Waiting(echo, echo._raw(number), self._loop.create_future())
        self._next.append(waiting)
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self._flush)
        try:
            return await waiting.future
        finally:
            if self._in_flight.pop(number, None):
                self._cancel(waiting.id)

    async def ping(self, host: str, timeout: float = 1.0, payload: bytes = bytes(56),
                   ttl: int = 0, family: int = socket.AF_UNSPEC) -> Completion:
        """The same, to a host by its name or address."""
        if not _is_address(host, family):
            found = await self._loop.getaddrinfo(host, None, family=family,
                                                 type=socket.SOCK_DGRAM)
            host = _address_of(found[0][4])
        return await self.send(Echo(host, payload=payload, timeout=timeout, ttl=ttl))

    def _cancel(self, request_id: int) -> None:
        try:
            self._session.cancel(request_id)
        except Error:
            pass  # it has ended meanwhile

    def _end(self, error: Error) -> None:
        if self._session.closed:
            return
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._session.close()
        waiting = [*self._next, *self._in_flight.values()]
        self._next.clear()
        self._in_flight.clear()
        for one in waiting:
            if not one.future.done():
                one.future.set_exception(error)

    def _flush(self) -> None:
        """Submit the requests that are next, as far as there is room."""
        self._is_flushing = False
        if self._session.closed:
            return
        self._loop.remove_writer(self._fd)
        has_room = True
        while self._next and has_room:
            batch: List[_Waiting] = []
            while self._next and len(batch) < BATCH:
                one = self._next.popleft()
                if not one.future.done():
                    batch.append(one)
            has_room = self._submit(batch)

    def _submit(self, batch: List[_Waiting]) -> bool:
        """Submit these, and have the rest of them next. Returns whether there may be room."""
        ids: List[int] = []
        has_room = True
        try:
            ids = self._session._submit([one.raw for one in batch])
        except NoRoomError as error:
            has_room = self._wait_for_room(batch, error)
        except Error as error:
            batch.pop(0).future.set_exception(error)
        for one, request_id in zip(batch, ids):
            one.id = request_id
            self._in_flight[one.raw.user_data] = one
        self._next.extendleft(reversed(batch[len(ids):]))
        return has_room

    def _wait_for_room(self, batch: List[_Waiting], error: NoRoomError) -> bool:
        """No EPOLLOUT tells that the memory of the user has room again: without requests in
        flight, that may never happen."""
        if error.errno != errno.EDQUOT:
            self._loop.add_writer(self._fd, self._flush)
        elif not self._in_flight:
            batch.pop(0).future.set_exception(error)
            return True
        return False

    def _reap_some(self) -> None:
        try:
            completions = self._session.reap(0, timeout=0)
        except Error as error:
            self._end(error)
            return
        for completion in completions:
            one = self._in_flight.pop(completion.user_data, None)
            if one and not one.future.done():
                one.future.set_result(
                    dataclasses.replace(completion, user_data=one.echo.user_data))
        if self._next and not self._is_flushing:
            self._flush()
