"""Writes the chart's Grafana dashboards from boards/*.yaml, where a panel is a title, a unit and PromQL by legend.

Everything else that Grafana wants is the same for all of them. `--check`: are they current?
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
FOLDER = HERE / "terresante" / "dashboards"
WIDTH, HEIGHT = 24, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}
Json = dict[str, Any]


def drawn(panel: Json, number: int, x: int, y: int) -> Json:
    """A panel as Grafana reads it. `x`, `y`, in Grafana's grid of 24 columns."""
    return {
        "id": number,
        "type": "timeseries",
        "title": panel["title"],
        "description": panel.get("help", ""),
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.get("width", 12), "h": HEIGHT},
        "fieldConfig": {
            "defaults": {
                "unit": panel["unit"],
                "min": 0,
                "custom": {"lineWidth": 1, "fillOpacity": 10, "showPoints": "never"},
            },
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {"refId": chr(65 + place), "datasource": SOURCE, "expr": expression, "legendFormat": str(legend)}
            for place, (legend, expression) in enumerate(panel["lines"].items())
        ],
    }


def placed(panels: list[Json]) -> list[Json]:
    """Panels from left to right, then down."""
    found, x, y = [], 0, 0
    for number, panel in enumerate(panels, 1):
        width = panel.get("width", 12)
        if x + width > WIDTH:
            x, y = 0, y + HEIGHT
        found.append(drawn(panel, number, x, y))
        x += width
    return found


def variables() -> list[Json]:
    """Which Prometheus, and which installation: jobs are `<namespace>/<part>`."""
    jobs = "label_values(terresante_certificate_end_seconds, job)"
    return [
        {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"},
        {
            "name": "namespace",
            "label": "Installation",
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": jobs, "refId": "namespace"},
            "regex": "/(.+)\\/.+/",
            "refresh": 2,
        },
    ]


def written(name: str, board: Json) -> str:
    """The file of a dashboard."""
    whole: Json = {
        "uid": f"terresante-{name}",
        "title": f"Terr-eSanté · {board['title']}",
        "tags": ["terresante"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables()},
        "panels": placed(board["panels"]),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """See the module."""
    boards = {one.stem: yaml.safe_load(one.read_text("utf-8")) for one in sorted((HERE / "boards").glob("*.yaml"))}
    pages = {FOLDER / f"{name}.json": written(name, board) for name, board in boards.items()}
    if "--check" in sys.argv:
        stale = {page.name for page, text in pages.items() if not page.exists() or page.read_text("utf-8") != text}
        stale |= {page.name for page in FOLDER.iterdir() if page not in pages}
        sys.exit(f"{', '.join(sorted(stale))}: run `python deploy/helm/dashboards.py`" if stale else 0)
    FOLDER.mkdir(exist_ok=True)
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
