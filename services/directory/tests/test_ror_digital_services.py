"""The catalogue of regional digital services, as each caller may use them."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory import reference

from .desk import CallingAs, Desk
from .tree import Tree


async def codes(tree: Tree) -> list[str]:
    reply = await tree.stub.ListDigitalServices(pb.ListDigitalServicesRequest())
    return [one.code for one in reply.services]


async def test_each_caller_is_told_the_services_that_are_open_to_them(
    tree: Tree, desk: Desk, calling_as: CallingAs
) -> None:
    doctor = await desk.someone()
    social_worker = await desk.professional(doctor.places[0].structure_id, profession="NPS-ASS")

    assert await codes(tree) == ["annuaire"]
    calling_as("professional", UUID(doctor.professional_id))
    assert await codes(tree) == ["coordination", "teleexpertise"]
    calling_as("professional", UUID(social_worker.professional_id))
    assert await codes(tree) == ["coordination"]
    calling_as("professional", uuid4())
    assert await codes(tree) == ["coordination"]
    calling_as("patient", uuid4())
    assert await codes(tree) == ["patient"]


def test_a_catalogue_with_an_entry_point_without_https_is_refused(tmp_path: Path):
    file = tmp_path / "services.json"
    row = {"code": "a", "name": "A", "description": "", "client_id": "a", "callers": [], "professions": []}
    file.write_text(json.dumps({"services": [{**row, "entry_point": "http://a.example/"}]}))

    with pytest.raises(ValueError, match="https"):
        reference.digital_services(file)
