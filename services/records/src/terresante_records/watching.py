"""What running streams hear on the bus: hints that a right may have changed (`terresante_contents.watching`)."""

from terresante_contents.watching import RIGHTS

from terresante_records.events import DOCUMENT_CHANGED

HEARS = (*RIGHTS, DOCUMENT_CHANGED)
