// Makes the nested lists of the tree an ARIA tree: one tab stop, arrows, branches fetched when they are opened.
// Without it they are lists of links that do the same by whole pages.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const tree = document.querySelector("[data-tree]");
  if (!tree) return;
  tree.setAttribute("role", "tree");
  dress(tree);
  const first = tree.querySelector("[role=treeitem]");
  if (first) first.tabIndex = 0;
  tree.addEventListener("keydown", (event) => onKey(tree, event));
  tree.addEventListener("click", (event) => onClick(tree, event));
});

function dress(root) {
  root.querySelectorAll("ul").forEach((list) => list.setAttribute("role", "group"));
  root.querySelectorAll("li").forEach((line) => {
    const item = line.querySelector(":scope > .node");
    if (item.getAttribute("role")) return;
    line.setAttribute("role", "none");
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", line.dataset.level);
    item.tabIndex = -1;
    item.querySelectorAll("a").forEach((link) => { link.tabIndex = -1; });
    if (line.dataset.branch) {
      item.setAttribute("aria-expanded", line.hasAttribute("data-open") ? "true" : "false");
      item.querySelector(".twist").setAttribute("aria-hidden", "true");
    }
  });
}

function shown(tree) {
  return [...tree.querySelectorAll("[role=treeitem]")].filter((item) => !item.closest("[hidden]"));
}

function go(tree, item) {
  if (!item) return;
  tree.querySelectorAll("[role=treeitem][tabindex='0']").forEach((one) => { one.tabIndex = -1; });
  item.tabIndex = 0;
  item.focus();
}

const isOpen = (item) => item.getAttribute("aria-expanded") === "true";
const line = (item) => item.parentElement;
const group = (item) => line(item).querySelector(":scope > ul");
const above = (item) => line(item).parentElement.closest("li")?.querySelector(":scope > .node");

async function open(tree, item) {
  if (!line(item).dataset.branch || isOpen(item)) return;
  if (!group(item)) {
    const part = await fetched(line(item).dataset.branch);
    if (part === null || group(item)) return;
    const list = document.createElement("ul");
    list.innerHTML = part;
    line(item).append(list);
    dress(line(item));
  }
  group(item).hidden = false;
  item.setAttribute("aria-expanded", "true");
  remember(line(item).dataset.id, true);
}

function shut(tree, item) {
  if (!isOpen(item)) return;
  group(item).hidden = true;
  item.setAttribute("aria-expanded", "false");
  remember(line(item).dataset.id, false);
}

async function more(tree, item) {
  const part = await fetched(item.querySelector("a").getAttribute("href"));
  if (part === null) return;
  const holder = document.createElement("ul");
  holder.innerHTML = part;
  const first = holder.querySelector(".node");
  const list = line(item).parentElement;
  line(item).replaceWith(...holder.children);
  dress(list);
  go(tree, first);
}

async function fetched(address) {
  const status = document.getElementById("annonce");
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (answer.headers.get("HX-Refresh")) {
      location.reload();
      return null;
    }
    if (answer.ok) return await answer.text();
    status.textContent = "Cette branche ne peut pas être affichée. Rechargez la page.";
  } catch {
    status.textContent = "Le réseau ne répond pas. Vérifiez-le, puis réessayez.";
  }
  return null;
}

function remember(id, opened) {
  const here = new URL(location.href);
  const branches = here.searchParams.getAll("ouvert").filter((one) => one !== id);
  here.searchParams.delete("ouvert");
  if (opened) branches.push(id);
  branches.slice(-60).forEach((one) => here.searchParams.append("ouvert", one));
  history.replaceState(history.state, "", here);
}

function onClick(tree, event) {
  const twist = event.target.closest("a.twist");
  const item = event.target.closest("[role=treeitem]");
  if (!item) return;
  if (line(item).hasAttribute("data-more")) {
    event.preventDefault();
    more(tree, item);
  } else if (twist) {
    event.preventDefault();
    go(tree, item);
    if (isOpen(item)) shut(tree, item);
    else open(tree, item);
  }
}

function onKey(tree, event) {
  const item = event.target.closest("[role=treeitem]");
  if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
  const items = shown(tree);
  const at = items.indexOf(item);
  const moves = {
    ArrowDown: () => go(tree, items[at + 1]),
    ArrowUp: () => go(tree, items[at - 1]),
    Home: () => go(tree, items[0]),
    End: () => go(tree, items[items.length - 1]),
    ArrowRight: () => (isOpen(item) ? go(tree, group(item).querySelector("[role=treeitem]")) : open(tree, item)),
    ArrowLeft: () => (isOpen(item) ? shut(tree, item) : go(tree, above(item))),
    Enter: () => (line(item).hasAttribute("data-more") ? more(tree, item) : item.querySelector(".name").click()),
  };
  const move = moves[event.key] || typed(tree, items, at, event.key);
  if (!move) return;
  event.preventDefault();
  move();
}

function typed(tree, items, at, key) {
  if (key.length !== 1 || key === " ") return null;
  const letter = key.toLocaleLowerCase("fr");
  const after = [...items.slice(at + 1), ...items.slice(0, at)];
  const found = after.find((one) => one.querySelector(".name").textContent.trim().toLocaleLowerCase("fr").startsWith(letter));
  return found ? () => go(tree, found) : null;
}
