"""Patients' keys, as they are stored: sealed by a master key."""

from terresante_contents.keys import OwnerKeys

from terresante_records.store.tables import patient_key

patient_keys = OwnerKeys(patient_key)
