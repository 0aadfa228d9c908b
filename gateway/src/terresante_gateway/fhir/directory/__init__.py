"""The directory in FHIR R4: what is offered (HealthcareService, Location), by whom (Organization), and who practises
there (Practitioner, PractitionerRole), in the profiles of the ROR 0.7.0 and of the Annuaire Santé as far as it knows.

One call of the directory's for each read or page; every rule is the directory's.
"""
