"""
Uevents into a network namespace, by the door of the kernel itself.

A message that is sent to the kernel on this family is given back to every listener as an event of
the kernel's own, with a SEQNUM. Source: lib/kobject_uevent.c uevent_net_rcv_skb(), Linux 4.18 and
later; measured.
"""

import os
import socket
import struct
from types import TracebackType
from typing import Self

from simulator.mdev.uevent import Uevent

__all__ = ["UeventSocket"]

_NETLINK_KOBJECT_UEVENT = 15
_NLMSG_MIN_TYPE = 16
_NLMSG_ERROR = 2
_NLM_F_REQUEST = 1
_NLM_F_ACK = 4
_HEADER = struct.Struct("=IHHII")
_ERROR = struct.Struct("=i")
_TO_KERNEL = (0, 0)


class UeventSocket:
    """
    The sender. It belongs to the network namespace in which it is made.

    Raises:
        OSError: There is no such socket.
    """

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, _NETLINK_KOBJECT_UEVENT)
        self._socket.bind((0, 0))
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the socket."""
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, uevent: Uevent) -> None:
        """
        Send an event and read what the kernel says to it.

        Raises:
            OSError: EPERM, the namespace belongs to somebody else; EINVAL, it is longer than the
                kernel's buffer; or what the socket gives.
        """
        payload = uevent.payload()
        self._sequence += 1
        flags = _NLM_F_REQUEST | _NLM_F_ACK
        size = _HEADER.size + len(payload)
        header = _HEADER.pack(size, _NLMSG_MIN_TYPE, flags, self._sequence, 0)
        self._socket.sendto(header + payload, _TO_KERNEL)
        number = self._answer()
        if number:
            raise OSError(number, os.strerror(number))

    def _answer(self) -> int:
        """
        Read the errno that the kernel gives to the last message; 0 is none.

        The kernel works while it takes the message, so its answer is there, perhaps after the
        answer to an earlier message whose sender was interrupted.
        """
        while True:
            answer, sender = self._socket.recvfrom(65536, socket.MSG_DONTWAIT)
            if sender != _TO_KERNEL or len(answer) < _HEADER.size + _ERROR.size:
                continue
            _size, kind, _flags, sequence, _port = _HEADER.unpack_from(answer)
            if kind == _NLMSG_ERROR and sequence == self._sequence:
                return -int(_ERROR.unpack_from(answer, _HEADER.size)[0])
