"""The keys that conversations are sealed with: a patient's, or that of a thread about no patient."""

from terresante_contents.keys import OwnerKeys

from terresante_messaging.store.tables import owner_key

owner_keys = OwnerKeys(owner_key)
