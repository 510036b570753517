"""A queue whose messages tests read and deliver themselves."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message as it was sent; ``delay`` is in seconds."""

    queue: str
    text: str
    delay: int


@dataclass
class RecordingQueues:
    """A QueueSender that records what is sent to the queues of a storage account.

    Attributes:
        delays: the delays, in seconds, with which each queue is expected to be used. A message to
            another queue, or with another delay, fails the test; None expects nothing.
    """

    delays: dict[str, set[int]] | None = None
    sent: list[SentMessage] = field(default_factory=list)

    def send(self, queue: str, text: str, *, delay: int = 0) -> None:
        """See QueueSender."""
        assert self.delays is None or delay in self.delays.get(queue, set()), (queue, delay)
        self.sent.append(SentMessage(queue, text, delay))

    def peek(self, queue: str, *, limit: int = 32) -> list[str]:
        """See QueueSender."""
        return self.texts(queue)[:limit]

    def texts(self, queue: str) -> list[str]:
        """The messages of a queue, oldest first."""
        return [message.text for message in self.sent if message.queue == queue]

    def take(self, queue: str) -> list[str]:
        """Remove the messages of a queue and return them, oldest first."""
        taken = self.texts(queue)
        self.sent[:] = [message for message in self.sent if message.queue != queue]
        return taken
