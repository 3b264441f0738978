# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netlink: what is encoded is decoded, what is broken is refused, and every answer is looked at."""

from __future__ import annotations

import errno
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._netlink import generic as netlink

KIND = 0x1234


class Script:
    """A connection that answers each datagram with the next of the given functions of its sequence numbers."""

    def __init__(self, *answers: Any, sender: int = 0) -> None:
        self._answers = list(answers)
        self._waiting: list[bytes] = []
        self._sender = sender
        self.datagrams: list[bytes] = []

    def send(self, data: bytes, /) -> int:
        self.datagrams.append(data)
        sequences = [message.sequence for message in netlink.parse_messages(data)]
        self._waiting += self._answers.pop(0)(sequences)
        return len(data)

    def recvfrom(self, _size: int, /) -> tuple[bytes, Any]:
        if not self._waiting:
            raise BlockingIOError(errno.EAGAIN, "no answer")
        return self._waiting.pop(0), (self._sender, 0)

    def close(self) -> None:
        pass


def answer(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    body = struct.pack("=IHHII", len(payload) + 16, kind, flags, sequence, 0) + payload
    return body + b"\0" * (-len(body) % 4)


def ack(sequence: int, number: int = 0) -> bytes:
    return answer(netlink.NLMSG_ERROR, 0, sequence, struct.pack("=i", -number) + bytes(16))


def done(sequence: int, flags: int = 0, number: int = 0) -> bytes:
    return answer(netlink.NLMSG_DONE, flags, sequence, struct.pack("=i", -number))


def conversation(*answers: Any, sender: int = 0) -> netlink.NetlinkSocket:
    return netlink.NetlinkSocket(netlink.NETLINK_GENERIC, connection=Script(*answers, sender=sender))


attributes = st.dictionaries(st.integers(1, netlink.NLA_TYPE_MASK), st.binary(max_size=40), max_size=8)


@settings(deadline=None)
@given(attributes)
def test_attributes_there_and_back(values: dict[int, bytes]) -> None:
    data = b"".join(netlink.attribute(kind, payload) for kind, payload in values.items())
    assert len(data) % 4 == 0
    assert netlink.parse_attributes(data) == values


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(16, 0xFFFF), st.integers(0, 2**32 - 1), st.binary(max_size=40)), max_size=6))
def test_messages_there_and_back(values: list[tuple[int, int, bytes]]) -> None:
    data = b"".join(netlink.message(kind, 0, sequence, payload) for kind, sequence, payload in values)
    found = list(netlink.parse_messages(data))
    assert [(message.type, message.sequence, message.payload) for message in found] == values


@settings(deadline=None)
@given(attributes.filter(bool), st.data())
def test_attributes_cut_anywhere_are_refused_or_whole(values: dict[int, bytes], data: st.DataObject) -> None:
    encoded = b"".join(netlink.attribute(kind, payload) for kind, payload in values.items())
    cut = data.draw(st.integers(0, len(encoded)))
    try:
        found = netlink.parse_attributes(encoded[:cut])
    except netlink.MalformedMessage:
        return
    assert found.items() <= values.items()


def test_the_nested_flag_is_no_part_of_the_number() -> None:
    assert netlink.parse_attributes(netlink.nest(3, netlink.u32(1, 5))) == {3: netlink.u32(1, 5)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\1", "a netlink message of 1 bytes is shorter than its header"),
        (struct.pack("=IHHII", 15, 1, 0, 0, 0), "a netlink message says 15 bytes where 16 are left"),
        (struct.pack("=IHHII", 17, 1, 0, 0, 0), "a netlink message says 17 bytes where 16 are left"),
    ],
)
def test_a_broken_message_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(netlink.MalformedMessage) as caught:
        list(netlink.parse_messages(data))
    assert caught.value.message == message


@pytest.mark.parametrize("data", [b"\4", b"\3\0\1\0", b"\5\0\1\0", b"\4\0\1\0\0"])
def test_a_broken_attribute_is_refused(data: bytes) -> None:
    with pytest.raises(netlink.MalformedMessage, match="a netlink attribute says"):
        netlink.parse_attributes(data)


@pytest.mark.parametrize("read", [netlink.as_u8, netlink.as_u16, netlink.as_u32, netlink.as_be16])
def test_a_number_that_is_too_short_is_refused(read: Any) -> None:
    with pytest.raises(netlink.MalformedMessage, match="a netlink attribute has 0 bytes where"):
        read(b"")


def test_a_request_ends_with_its_ack() -> None:
    with conversation(lambda seqs: [answer(KIND, 0, seqs[0], b"text"), ack(seqs[0])]) as socket:
        assert [message.payload for message in socket.request(KIND, b"")] == [b"text"]


def test_a_refused_request_raises_the_errno() -> None:
    with conversation(lambda seqs: [ack(seqs[0], errno.EPERM)]) as socket, pytest.raises(
        netlink.NetlinkError
    ) as caught:
        socket.request(KIND, b"")
    assert caught.value.errno == errno.EPERM
    assert caught.value.message == "netlink request: Operation not permitted"
    assert caught.value.details == {"errno": "EPERM"}


def test_answers_to_an_earlier_request_are_passed_over() -> None:
    late = answer(KIND, 0, 999, b"late")
    with conversation(lambda seqs: [late, ack(999, errno.EIO), ack(seqs[0])]) as socket:
        assert socket.request(KIND, b"") == []


def test_words_of_another_process_are_no_answers() -> None:
    answers = conversation(lambda seqs: [ack(seqs[0])], sender=4242)
    with answers as socket, pytest.raises(netlink.NetlinkError) as caught:
        socket.request(KIND, b"")
    assert caught.value.errno == errno.ETIMEDOUT


def test_silence_is_an_error_and_no_hang() -> None:
    with conversation(lambda _seqs: []) as socket, pytest.raises(netlink.NetlinkError) as caught:
        socket.dump(KIND, b"")
    assert caught.value.message == "no answer from the kernel: Connection timed out"


def test_a_dump_is_read_to_its_end_over_several_datagrams() -> None:
    def answers(seqs: list[int]) -> list[bytes]:
        first = answer(KIND, 2, seqs[0], b"one ") + answer(KIND, 2, seqs[0], b"two ")
        return [first, answer(KIND, 2, 999, b"late"), answer(KIND, 2, seqs[0], b"last") + done(seqs[0])]

    with conversation(answers) as socket:
        assert [message.payload for message in socket.dump(KIND, b"")] == [b"one ", b"two ", b"last"]


def test_an_interrupted_dump_is_asked_again() -> None:
    torn = netlink.NLM_F_DUMP_INTR
    with conversation(
        lambda seqs: [answer(KIND, torn, seqs[0], b"half") + done(seqs[0])],
        lambda seqs: [answer(KIND, 0, seqs[0], b"half") + done(seqs[0], flags=torn)],
        lambda seqs: [answer(KIND, 0, seqs[0], b"whole") + done(seqs[0])],
    ) as socket:
        assert [message.payload for message in socket.dump(KIND, b"")] == [b"whole"]


def test_a_dump_that_is_always_interrupted_is_given_up() -> None:
    torn = [lambda seqs: [done(seqs[0], flags=netlink.NLM_F_DUMP_INTR)]] * 5
    with conversation(*torn) as socket, pytest.raises(netlink.Interrupted) as caught:
        socket.dump(KIND, b"")
    assert caught.value.message == "the table changed while it was read, 5 times in a row"


@pytest.mark.parametrize("end", [ack, lambda seq, number: done(seq, 0, number)])
def test_a_dump_may_fail_at_its_start_or_at_its_end(end: Any) -> None:
    with conversation(lambda seqs: [end(seqs[0], errno.EPERM)]) as socket, pytest.raises(
        netlink.NetlinkError
    ) as caught:
        socket.dump(KIND, b"")
    assert caught.value.errno == errno.EPERM


def test_a_batch_tells_the_errno_of_each_message_and_asks_for_the_last_ack_only() -> None:
    def kernel(seqs: list[int]) -> list[bytes]:
        return [ack(seqs[1], errno.EEXIST), ack(seqs[3], errno.ENOENT), ack(999, errno.EIO), ack(seqs[4])]

    script = Script(kernel)
    socket = netlink.NetlinkSocket(netlink.NETLINK_GENERIC, connection=script)
    assert socket.batch(KIND, [b""] * 5) == [0, errno.EEXIST, 0, errno.ENOENT, 0]
    flags = [struct.unpack_from("=H", script.datagrams[0], 16 * place + 6)[0] for place in range(5)]
    assert flags == [netlink.NLM_F_REQUEST] * 4 + [netlink.NLM_F_REQUEST | netlink.NLM_F_ACK]


def test_the_last_message_of_a_batch_may_be_the_refused_one() -> None:
    with conversation(lambda seqs: [ack(seqs[-1], errno.EIO)]) as socket:
        assert socket.batch(KIND, [b""] * 3) == [0, 0, errno.EIO]


def test_no_batch_follows_one_with_a_refusal() -> None:
    script = Script(lambda seqs: [ack(seq, errno.EIO if seq == 2 else 0) for seq in seqs])
    socket = netlink.NetlinkSocket(netlink.NETLINK_GENERIC, connection=script)
    results = socket.batch(KIND, [b""] * 1000)
    assert len(results) == netlink._BATCH_MESSAGES
    assert len(script.datagrams) == 1


def test_a_missing_ack_is_noticed() -> None:
    answers = conversation(lambda seqs: [ack(seq, errno.EEXIST) for seq in seqs[:-1]])
    with answers as socket, pytest.raises(netlink.NetlinkError, match="no answer from the kernel"):
        socket.batch(KIND, [b""] * 3)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60000), max_size=300))
def test_chunks_are_bounded_and_lose_nothing(sizes: list[int]) -> None:
    payloads = [bytes(size) for size in sizes]
    chunks = list(netlink._chunks(payloads))
    assert [payload for chunk in chunks for payload in chunk] == payloads
    assert all(0 < len(chunk) <= netlink._BATCH_MESSAGES for chunk in chunks)
    assert all(len(chunk) == 1 or sum(map(len, chunk)) <= netlink._BATCH_BYTES for chunk in chunks)


def test_this_machines_kernel_answers() -> None:
    header = struct.pack("=BBH", netlink.CTRL_CMD_GETFAMILY, 1, 0)
    ask = [header + netlink.string(netlink.CTRL_ATTR_FAMILY_NAME, name) for name in ["nlctrl"] * 300 + ["no-such"]]
    with netlink.NetlinkSocket(netlink.NETLINK_GENERIC) as socket:
        assert netlink.generic_family(socket, "nlctrl") == netlink.GENL_ID_CTRL
        assert socket.dump(netlink.GENL_ID_CTRL, header)
        assert socket.batch(netlink.GENL_ID_CTRL, ask) == [0] * 300 + [errno.ENOENT]
