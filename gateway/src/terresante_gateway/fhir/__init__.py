"""FHIR R4 under /fhir/R4: matching, cross-references and identities, in the words of HL7, IHE PIXm and FR Core 2.2.0.

It has its own description (the CapabilityStatement at /fhir/R4/metadata) and its own refusals (OperationOutcome), hence
is not in the OpenAPI of the portals. It decides nothing: every rule is identity's.
"""
