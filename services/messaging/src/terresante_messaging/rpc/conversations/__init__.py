"""One method per RPC: to read a method is to read the use case. `desk.py` is what they have in common."""

from terresante.messaging.v1.conversation_service_pb2_grpc import ConversationServiceServicer

from terresante_messaging.rpc.conversations.answering import Answering
from terresante_messaging.rpc.conversations.listing import Listing
from terresante_messaging.rpc.conversations.marking import Marking
from terresante_messaging.rpc.conversations.news import News
from terresante_messaging.rpc.conversations.reading import Reading
from terresante_messaging.rpc.conversations.searching import Searching
from terresante_messaging.rpc.conversations.threads import Threads
from terresante_messaging.rpc.conversations.writing import Writing

__all__ = ["ConversationService"]


class ConversationService(
    Threads, Listing, Reading, Writing, Answering, Marking, Searching, News, ConversationServiceServicer
):
    """All of terresante.messaging.v1.ConversationService, one class a subject."""
