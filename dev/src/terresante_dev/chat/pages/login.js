// The page that was wanted is where the login ends: /fils/… opened from a mail's link, for one.
for (const link of document.querySelectorAll("a[href^='/connexion/']")) {
  link.search = new URLSearchParams({ ensuite: location.pathname }).toString();
}
