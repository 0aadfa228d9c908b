// Draws the communes by the territory that covers them. The list below the map says the same without it.
"use strict";

document.addEventListener("DOMContentLoaded", async () => {
  const place = document.getElementById("carte");
  if (!place || !window.L) return;
  try {
    const [told, outlines] = await Promise.all([fetched(place.dataset.communes), fetched(place.dataset.outlines)]);
    draw(place, told, outlines);
  } catch {
    document.getElementById("annonce").textContent = "La carte ne peut pas être affichée. La liste dit la même chose.";
  }
});

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error("refused");
  return answer.json();
}

const SHADES = ["#4e79a7", "#e0a030", "#59a14f", "#b07aa1", "#76b7b2", "#c46a4a", "#9c755f", "#7f7f7f", "#a0a53a", "#5f6caf"];

function draw(place, told, outlines) {
  place.hidden = false;
  const map = L.map(place, { zoomSnap: 0.25, attributionControl: false, keyboard: false, zoomControl: false });
  L.control.zoom({ zoomInTitle: "Agrandir la carte", zoomOutTitle: "Réduire la carte" }).addTo(map);
  const territoryOf = (feature) => (told.communes[feature.properties.code] || [])[1];
  const codes = [...new Set(Object.values(told.communes).map((one) => one[1]).filter(Boolean))].sort();
  const shade = (code) => (code ? SHADES[codes.indexOf(code) % SHADES.length] : "transparent");
  const chosen = (code) => code && code === place.dataset.territory;
  const layer = L.geoJSON(outlines, {
    style: (feature) => {
      const territory = territoryOf(feature);
      return {
        color: "#5c6664",
        weight: chosen(territory) ? 1.5 : 0.5,
        fillColor: shade(territory),
        fillOpacity: chosen(territory) ? 0.85 : 0.4,
      };
    },
    onEachFeature: (feature, shape) => {
      const one = told.communes[feature.properties.code];
      const label = document.createElement("span");
      label.textContent = one
        ? `${one[0]} : ${told.territories[one[1]] || "aucun territoire"}`
        : feature.properties.code;
      shape.bindTooltip(label, { sticky: true });
      shape.on("click", () => {
        const next = new URL(location.href);
        next.searchParams.set("commune", feature.properties.code);
        location.assign(next);
      });
    },
  }).addTo(map);
  const ours = layer.getLayers().filter((shape) => chosen(territoryOf(shape.feature)));
  map.fitBounds((ours.length ? L.featureGroup(ours) : layer).getBounds(), { padding: [20, 20] });
}
