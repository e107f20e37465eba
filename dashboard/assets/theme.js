// Runs before the page is drawn, so that it is drawn in the colours that were chosen.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* storage is closed to us: the system decides */ }
